package routecors

import "net/http"

// CheckOrigin reports whether r, the handshake of a WebSocket, may be accepted. A
// browser lets pages of every origin open a WebSocket, with the user's cookies, and read
// what comes: neither preflights nor response headers say no, the server itself must.
//
// It may if it was not sent by a page (it has no Origin), or by a page of the host that
// it was sent to, as far as http.CrossOriginProtection can tell for an unsafe method; or
// if its page is trusted as CrossOriginProtection says: the route that the router runs
// for r allows the origin with AllowCredentials, by a key that is not "*", "null", a
// regexp or a pattern over a public suffix. A route that was not added is for the site's
// own pages. Several Origin lines are never accepted.
//
// It is the CheckOrigin of a gorilla/websocket Upgrader. Other libraries are told to
// check nothing once it has been asked. It may be asked in the handler or before, with r
// as the router got it: behind an http.StripPrefix that the adapter does not know, it
// answers for another route.
//
// See https://www.rfc-editor.org/rfc/rfc6455#section-10.2.
func (c *CorsConfig) CheckOrigin(r *http.Request) bool {
	origins := r.Header["Origin"]
	if len(origins) > 1 {
		return false
	}
	// "null" has no host, and would be the same as no Host.
	if r.Host != "" || len(origins) == 0 {
		var own http.CrossOriginProtection
		// A GET is safe in net/http's eyes. It reads nothing else of a request.
		if own.Check(&http.Request{Method: http.MethodPost, Host: r.Host, Header: r.Header}) == nil {
			return true
		}
	}
	return c.reg.mistrusts(r) == mistrust{}
}
