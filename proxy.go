package routecors

import (
	"log"
	"maps"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
)

// What a ReverseProxy does to the header of a response, and what Proxy mends.
//
//  1. It adds the upstream's header to what is there. Browsers refuse a response with
//     two lines of Access-Control-Allow-Origin, and an upstream's
//     Access-Control-Allow-Credentials beside ours would allow more than the policy
//     does. So what the upstream says of other origins is removed: all
//     Access-Control headers and Timing-Allow-Origin, on private routes, too, which
//     would be open by the upstream's policy otherwise.
//  2. Two lines of Cross-Origin-Resource-Policy make browsers ignore both. The
//     upstream's is removed where there is one already, and else kept: it closes
//     more than it opens.
//  3. Its Vary is kept, since the upstream does answer by what it names; a line that
//     says Origin alone is removed where there is one already.
//  4. At a 1xx of the upstream, Early Hints, the ReverseProxy passes it on and clears the
//     header: the page could not read the final response, and a cache would not know
//     that it varies. So what was set before is set again, for error responses, too.
//
// Trailers are left alone; browsers read none of this there.

// Proxy returns p as a handler of routes, where the policies of the routes alone say
// who may read the responses: what the upstream says of CORS is removed. Errors, 502
// (Bad Gateway) as a rule, can be read by the pages that may read the route.
//
//	cors.Add(router.Handle("/api/", routecors.Proxy(proxy)))
//
// On a route that was not added, whatever the upstream allows, no page of another
// origin may read the response. There preflights reach the upstream; its approval is
// removed as well.
//
// p.ModifyResponse runs first: Access-Control headers that it sets are removed, too.
// p is read at each request, and not changed. Proxy panics if p is nil.
func Proxy(p *httputil.ReverseProxy) http.Handler {
	if p == nil {
		panic("routecors: nil proxy; pass the *httputil.ReverseProxy to Proxy")
	}
	return proxy{p}
}

type proxy struct{ *httputil.ReverseProxy }

func (p proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	before := maps.Clone(w.Header())
	restore := func() {
		h := w.Header()
		for key, values := range before {
			if _, ok := h[key]; !ok {
				h[key] = values
			}
		}
	}
	// The functions below run when no 1xx can be on its way any more.
	once := *p.ReverseProxy
	once.ModifyResponse = func(res *http.Response) error {
		restore()
		if p.ModifyResponse != nil {
			if err := p.ModifyResponse(res); err != nil {
				return err
			}
		}
		removeUpstream(res.Header, before)
		return nil
	}
	once.ErrorHandler = func(w http.ResponseWriter, out *http.Request, err error) {
		restore()
		if p.ErrorHandler != nil {
			p.ErrorHandler(w, out, err)
			return
		}
		// As the ReverseProxy does.
		printf := log.Printf
		if p.ErrorLog != nil {
			printf = p.ErrorLog.Printf
		}
		printf("http: proxy error: %v", err)
		w.WriteHeader(http.StatusBadGateway)
	}
	once.ServeHTTP(w, r)
}

// removeUpstream removes from h, the header of an upstream's response, what must not
// stand beside the header that was set before.
func removeUpstream(h, before http.Header) {
	for key := range h {
		name := http.CanonicalHeaderKey(key)
		if strings.HasPrefix(name, "Access-Control-") || name == tao || name == corp && before[corp] != nil {
			delete(h, key)
		}
	}
	//lint:ignore SA1008 varyKey says why it is not canonical
	if slices.Contains(before[varyKey], "Origin") {
		h["Vary"] = slices.DeleteFunc(h["Vary"], func(line string) bool { return strings.EqualFold(line, "Origin") })
	}
}
