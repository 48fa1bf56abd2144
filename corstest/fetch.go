package corstest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/routecors/routecors/internal/headers"
)

// The algorithms have the names that they have in the standard. Each returns a
// response with its whole header, or the failure that makes a network error.

// fetch is the call of fetch(): main fetch, and the filter of what the page sees.
func (r *request) fetch() *Response {
	resp, failure := r.mainFetch()
	out := &Response{Exchanges: r.exchanges, URL: r.url().String(), Redirected: len(r.urls) > 1}
	switch {
	case failure != nil:
		return &Response{Type: "error", Failure: failure, Exchanges: r.exchanges}
	case isRedirect(resp.status) && r.redirect == "manual":
		out.Type = "opaqueredirect"
	case r.tainting == "opaque":
		return &Response{Type: "opaque", Exchanges: r.exchanges}
	default:
		out.Type, out.Status, out.Body = r.tainting, resp.status, resp.body
		out.Header = r.readable(resp.header)
	}
	return out
}

// mainFetch is https://fetch.spec.whatwg.org/#concept-main-fetch.
func (r *request) mainFetch() (*response, *Failure) {
	failure := func(reason string) (*response, *Failure) {
		return nil, &Failure{Step: "main fetch", Reason: reason, Link: "https://fetch.spec.whatwg.org/#concept-main-fetch"}
	}
	switch {
	case r.sameOrigin() && r.tainting == "basic":
		return r.httpFetch(false)
	case r.mode == "same-origin":
		return failure("the URL is of another origin, and the mode is same-origin")
	case r.mode == "no-cors" && r.redirect != "follow":
		return failure("the mode is no-cors, and the redirect mode is not follow")
	case r.mode == "no-cors":
		r.tainting = "opaque"
		return r.httpFetch(false)
	case !isHTTP(r.url()):
		return failure("the scheme " + r.url().Scheme + " has no CORS")
	}
	r.tainting = "cors"
	if headers.IsSafelistedMethod(r.method) && len(r.unsafeHeaders()) == 0 {
		return r.httpFetch(false)
	}
	resp, f := r.httpFetch(true)
	if f != nil {
		r.page.profile.cache.clear(r.cacheKey())
	}
	return resp, f
}

// httpFetch is https://fetch.spec.whatwg.org/#concept-http-fetch.
func (r *request) httpFetch(preflight bool) (*response, *Failure) {
	if preflight && !r.page.profile.cache.allows(r) {
		if failure := r.preflightFetch(); failure != nil {
			return nil, failure
		}
	}
	resp, failure := r.send()
	if failure != nil {
		return nil, failure
	}
	if r.tainting == "cors" {
		if failure := r.corsCheck(resp); failure != nil {
			return nil, failure
		}
	}
	if !isRedirect(resp.status) || r.redirect == "manual" {
		return resp, nil
	}
	return r.redirectFetch(resp)
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// redirectFetch is https://fetch.spec.whatwg.org/#concept-http-redirect-fetch.
func (r *request) redirectFetch(resp *response) (*response, *Failure) {
	failure := func(reason string) (*response, *Failure) {
		return nil, &Failure{Step: "HTTP-redirect fetch", Reason: reason, Link: "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch"}
	}
	if r.redirect == "error" {
		return failure("the response is a redirect, and the redirect mode is error")
	}
	location := resp.header.Get("Location")
	if location == "" {
		return resp, nil
	}
	from := r.url()
	to, err := parseURL(from, location)
	switch {
	case err != nil || !isHTTP(to):
		return failure(fmt.Sprintf("Location %q is not an HTTP(S) URL", location))
	case len(r.urls) > 20:
		return failure("there were 20 redirects before")
	case to.User != nil && (r.tainting == "cors" || r.mode == "cors" && r.page.origin != originOf(to)):
		return failure("Location includes credentials")
	}
	if (resp.status == 301 || resp.status == 302) && r.method == "POST" ||
		resp.status == 303 && r.method != "GET" && r.method != "HEAD" {
		r.method, r.body = "GET", nil
		r.remove("content-encoding", "content-language", "content-location", "content-type")
	}
	if originOf(from) != originOf(to) {
		r.remove("authorization")
	}
	r.urls = append(r.urls, to)
	return r.mainFetch()
}

func (r *request) remove(names ...string) {
	r.header = slices.DeleteFunc(r.header, func(f field) bool { return slices.Contains(names, strings.ToLower(f.name)) })
}

// corsCheck is https://fetch.spec.whatwg.org/#concept-cors-check.
func (r *request) corsCheck(resp *response) *Failure {
	failure := func(reason string) *Failure {
		return &Failure{Step: "CORS check", Reason: reason, Link: "https://fetch.spec.whatwg.org/#concept-cors-check"}
	}
	allowed, ok := resp.get("Access-Control-Allow-Origin")
	switch {
	case !ok:
		return failure("the response has no Access-Control-Allow-Origin")
	case allowed == "*" && r.credentials != "include":
		return nil
	case allowed == "*":
		return failure(`Access-Control-Allow-Origin is "*", which does not do for a credentialed request`)
	case allowed != r.origin():
		return failure(fmt.Sprintf("Access-Control-Allow-Origin is %q, and the origin is %q", allowed, r.origin()))
	case r.credentials != "include":
		return nil
	}
	if credentials, _ := resp.get("Access-Control-Allow-Credentials"); credentials != "true" {
		return failure(fmt.Sprintf(`Access-Control-Allow-Credentials is %q, not "true", and the request is credentialed`, credentials))
	}
	return nil
}

// readable filters what a page can read of a response that it may see:
// https://fetch.spec.whatwg.org/#concept-filtered-response.
func (r *request) readable(h http.Header) http.Header {
	h = maps.Clone(h)
	delete(h, "Set-Cookie")
	delete(h, "Set-Cookie2")
	if r.tainting != "cors" {
		return h
	}
	exposed, _, _ := extractList(h, "Access-Control-Expose-Headers")
	if r.credentials != "include" && slices.Contains(exposed, "*") {
		return h
	}
	maps.DeleteFunc(h, func(name string, _ []string) bool {
		return !headers.IsSafelistedResponseHeader(name) && !containsFold(exposed, name)
	})
	return h
}

// extractList parses the values of name in h, a list of tokens. One that is not a
// token makes it all ill-formed.
// See https://fetch.spec.whatwg.org/#extract-header-list-values.
func extractList(h http.Header, name string) (list []string, present, wellFormed bool) {
	values := h.Values(name)
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		element = strings.Trim(element, " \t")
		switch {
		case element == "":
		case !headers.IsToken(element):
			return nil, true, false
		default:
			list = append(list, element)
		}
	}
	return list, values != nil, true
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}
