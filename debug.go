package routecors

import (
	"net/http"
	"strings"

	"github.com/routecors/routecors/internal/headers"
)

// What WithDebug answers, and why no browser takes it for an approval.
//
// A browser first makes the CORS check of the answer to a preflight, and checks that
// its status is an ok status; a 403, or an answer without Access-Control-Allow-Origin,
// ends here, and that is what its console says. Then it looks for the method in
// Access-Control-Allow-Methods, then for each header name in
// Access-Control-Allow-Headers, and names the first that it does not find. Only when
// all are found is anything kept or sent. So
//
//  1. a method that is refused is answered without either list. Where the method is
//     CORS-safelisted, the browser would not look for it, and the answer stays a 403.
//  2. a header name that is refused is answered with the method, as the approval
//     would have it, and with the names that the key allows. It is not among them.
//  3. where names are refused for another reason than that the list lacks them, all
//     of the list might be allowed, and the answer stays a 403: a list that is too
//     long, an element that is no header name.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.

// WithDebug makes refusals readable in the console of the browser. Without it, every
// refused preflight reads there "No 'Access-Control-Allow-Origin' header is present",
// whatever the reason. With it, where the policy allows the origin, and only the
// method or a request header is refused, the browser names that:
//
//	Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.
//	Request header field x-foo is not allowed by Access-Control-Allow-Headers in preflight response.
//
// The answer is then a 200 (OK) that passes the CORS check and fails afterwards, with
// the same sentence as the 403. Nothing is approved that is refused without it. A
// method that is CORS-safelisted, an origin that is not listed or denied, and a route
// that was not added are refused as ever.
//
// It is for development. A page of an allowed origin gains nothing, but who sends
// requests by hand can read that the origin is allowed, and which header names. Who
// reads a status alone takes the answer for an approval. And where a proxy in front
// adds CORS headers of its own to responses that are ok, a 403 would have kept the
// browser from sending, and this answer may not.
func WithDebug() Option {
	return func(s *settings) error { s.debug = true; return nil }
}

// explain answers the preflight r, refused for why, so that a browser names the
// reason, and reports whether it did. It is for where the origin is allowed: e is nil
// where there is no policy.
func (e *enabled) explain(w http.ResponseWriter, r *http.Request, route *Route, asked *asking, why refusal) bool {
	if why.reason != MethodNotAllowed && why.reason != HeaderNotAllowed {
		return false
	}
	origin, method := r.Header["Origin"][0], r.Header[acrm][0] // e has decided for them
	g := e.always
	switch {
	case e.live != nil:
		g, _ = e.find(route, r, asked, origin, method) // which was decided, and is kept
	case !e.constant:
		g = e.lookup(origin)
	}
	if why.reason == MethodNotAllowed && headers.IsSafelistedMethod(strings.ToUpper(method)) { // Chromium takes "get" for one
		return false
	}
	if why.reason == HeaderNotAllowed && (g.anyHeader || !headers.IsToken(why.value)) {
		return false
	}

	h := w.Header()
	clearAll(h)
	values := make(values, 0, 8)
	values.setVary(h, e.varyPreflight())
	if g.star && !g.credentials {
		origin = "*"
	}
	values.set(h, acao, origin)
	if g.credentials {
		values.set(h, acac, "true")
	}
	if why.reason == HeaderNotAllowed {
		if !headers.IsSafelistedMethod(method) {
			values.set(h, acam, method)
		}
		values.set(h, acah, g.allowHeaders)
	}
	values.set(h, acma, "0")
	values.set(h, "Content-Type", "text/plain; charset=utf-8")
	values.set(h, "X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	w.Write(append(why.append(nil, method), '\n'))
	return true
}
