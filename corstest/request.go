package corstest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// A request is that of the standard, as far as CORS needs it.
// See https://fetch.spec.whatwg.org/#concept-request.
type request struct {
	page                        *Page
	method                      string
	urls                        []*url.URL // the last one is the current
	header                      []field    // names as they were given
	body                        *string
	mode, credentials, redirect string

	tainting  string // "basic", "cors" or "opaque"
	exchanges []Exchange
}

func (r *request) url() *url.URL { return r.urls[len(r.urls)-1] }

// newRequest is the constructor of Request. What makes it throw is a failure, with
// nothing sent. See https://fetch.spec.whatwg.org/#dom-request.
func (page *Page) newRequest(method string, u *url.URL, i requestInit) (*request, *Failure) {
	throw := func(reason string) (*request, *Failure) {
		return nil, &Failure{Step: "Request constructor", Reason: reason, Link: "https://fetch.spec.whatwg.org/#dom-request"}
	}
	r := &request{page: page, method: normalize(method), urls: []*url.URL{u}, body: i.body,
		mode: i.mode, credentials: i.credentials, redirect: i.redirect, tainting: "basic"}
	if u.User != nil {
		return throw("the URL includes credentials")
	}
	if !headers.IsToken(method) || headers.IsForbiddenMethod(method) {
		return throw(fmt.Sprintf("method %q is not a token, or forbidden", method))
	}
	if r.mode == "no-cors" && !headers.IsSafelistedMethod(r.method) {
		return throw(fmt.Sprintf("method %q is not CORS-safelisted, and the mode is no-cors", method))
	}
	for _, f := range i.header {
		f.value = strings.Trim(f.value, " \t\r\n")
		if !headers.IsToken(f.name) || strings.ContainsAny(f.value, "\x00\r\n") {
			return throw(fmt.Sprintf("header %q: ill-formed name or value", f.name))
		}
		if r.mayAppend(f) {
			r.header = append(r.header, f)
		}
	}
	if i.body == nil {
		return r, nil
	}
	if r.method == "GET" || r.method == "HEAD" {
		return throw("a " + r.method + " has no body")
	}
	if !slices.ContainsFunc(r.header, func(f field) bool { return strings.EqualFold(f.name, "content-type") }) {
		r.header = append(r.header, field{"Content-Type", "text/plain;charset=UTF-8"})
	}
	return r, nil
}

// normalize is https://fetch.spec.whatwg.org/#concept-method-normalize. "patch" is
// none of these, and stays as it is.
func normalize(method string) string {
	switch upper := strings.ToUpper(method); upper {
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return upper
	}
	return method
}

// mayAppend reports whether the headers of a request take f; a script is not told.
// See https://fetch.spec.whatwg.org/#headers-validate.
func (r *request) mayAppend(f field) bool {
	name := strings.ToLower(f.name)
	if headers.IsForbiddenRequestHeader(name) {
		return false
	}
	switch name {
	case "x-http-method", "x-http-method-override", "x-method-override":
		for method := range strings.SplitSeq(f.value, ",") {
			if headers.IsForbiddenMethod(strings.TrimSpace(method)) {
				return false
			}
		}
	}
	if r.mode != "no-cors" {
		return true
	}
	value := f.value
	for _, have := range r.header {
		if strings.EqualFold(have.name, name) {
			value = have.value + ", " + value
		}
	}
	switch name {
	case "accept", "accept-language", "content-language", "content-type":
		return headers.IsSafelistedRequestHeader(name, value)
	}
	return false
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// unsafeHeaders returns the CORS-unsafe request-header names of r.
func (r *request) unsafeHeaders() []string {
	return headers.UnsafeNames(func(yield func(name, value string) bool) {
		for _, f := range r.header {
			if !yield(f.name, f.value) {
				return
			}
		}
	})
}

// origin serializes the origin of r: "null" after a redirect from a server of
// another origin to one of yet another, which is then not told who asks.
// See https://fetch.spec.whatwg.org/#serializing-a-request-origin.
func (r *request) origin() string {
	for i, u := range r.urls[1:] {
		last := originOf(r.urls[i])
		if originOf(u) != last && r.page.origin != last {
			return "null"
		}
	}
	return r.page.origin
}

// sameOrigin reports whether the current URL is of the page's own origin.
func (r *request) sameOrigin() bool { return r.page.origin == originOf(r.url()) }

// isSameSite reports whether u is of the page's site: scheme and registrable
// domain. See https://html.spec.whatwg.org/#same-site.
func (page *Page) isSameSite(u *url.URL) bool { return page.site == siteOf(originOf(u)) }

func siteOf(serialized string) string {
	o, ok := origin.Parse(serialized)
	if !ok {
		return ""
	}
	if name, err := publicsuffix.EffectiveTLDPlusOne(o.Host); err == nil {
		return o.Scheme + "://" + name
	}
	return o.Scheme + "://" + o.Host // an address, or a public suffix itself
}

// originOf returns the serialized origin of u, which parseURL made.
func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// parseURL parses a URL as a page of base does: lower case, no default port, no
// dot segments (escaped ones are such, too), backslashes as slashes. See https://url.spec.whatwg.org/#url-parsing.
func parseURL(base *url.URL, s string) (*url.URL, error) {
	path, query, ok := strings.Cut(s, "?")
	segments := strings.Split(strings.ReplaceAll(path, `\`, "/"), "/")
	for i, segment := range segments {
		switch dots := strings.ReplaceAll(strings.ToLower(segment), "%2e", "."); dots {
		case ".", "..":
			segments[i] = dots
		}
	}
	path = strings.Join(segments, "/")
	if ok {
		path += "?" + query
	}
	u, err := base.Parse(path)
	if err != nil {
		return nil, err
	}
	u.Fragment, u.RawFragment = "", ""
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if written := u.Port(); written != "" {
		host, port := strings.TrimSuffix(u.Host, ":"+written), strings.TrimLeft(written, "0")
		if u.Host = host + ":" + port; u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
			u.Host = host
		}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

func isHTTP(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }
