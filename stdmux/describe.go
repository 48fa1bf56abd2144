package stdmux

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/routecors/routecors"
)

var _ routecors.Describer = (*Adapter)(nil)

// redirect is the type of the handlers that answer with a redirect: the mux's own.
var redirect = reflect.TypeOf(http.RedirectHandler("/", http.StatusMovedPermanently))

// Describe implements routecors.Describer. What a middleware of Mount does is not
// seen. It goes the way of Probe.
func (a *Adapter) Describe(r *http.Request, method string) routecors.Outcome {
	if a = a.outermost(); a.mounted.Load() {
		if outer, ok := r.Context().Value(outerRequest{a}).(*http.Request); ok {
			r = outer
		}
	}
	if r.RequestURI == "*" {
		return routecors.Outcome{Kind: routecors.OutcomeNoHandler} // net/http answers it before the mux
	}
	return a.describe(r, method)
}

// describe is Describe for a request as this mux sees it.
func (a *Adapter) describe(r *http.Request, method string) (o routecors.Outcome) {
	h, pattern := a.handler(r, method)
	if s, ours := h.(*slot); ours {
		behind := a.behind(r)
		o.Refuses = !s.users.Load() && (!s.twin.Load() || behind == nil)
		if behind == nil {
			o.Kind, o.Pattern = routecors.OutcomeRunsHandler, pattern
			return o
		}
		h, pattern = behind.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL})
	}
	switch h := h.(type) {
	case *routecors.Route:
		o.Kind, o.Pattern = routecors.OutcomeRunsRoute, h.String()
		return o
	case *mount:
		inner := routecors.Outcome{Kind: routecors.OutcomeNoHandler, Status: http.StatusNotFound}
		if under := h.strip(r); under != nil {
			inner = h.inner.describe(under, method)
		}
		inner.Refuses = inner.Refuses || o.Refuses
		return inner
	}
	if pattern != "" && reflect.TypeOf(h) != redirect {
		o.Kind, o.Pattern = routecors.OutcomeRunsHandler, pattern
		return o
	}
	// The mux's own answer, or a redirect that the program has registered by
	// http.RedirectHandler: nothing of the program's own runs.
	w := headerWriter{status: http.StatusOK}
	h.ServeHTTP(&w, &http.Request{Method: method, Host: r.Host, URL: r.URL, Header: http.Header{}})
	o.Status, o.Location = w.status, w.Header().Get("Location")
	switch {
	case w.status/100 == 3:
		o.Kind, o.Pattern = routecors.OutcomeRedirects, pattern
	case w.status == http.StatusMethodNotAllowed:
		o.Kind = routecors.OutcomeNoHandlerOfMethod
		o.Allow = strings.Split(w.Header().Get("Allow"), ", ")
	default:
		o.Kind = routecors.OutcomeNoHandler
	}
	return o
}
