package routecors

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// A recorder keeps an answer that nobody is sent.
type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }
func (w *recorder) WriteHeader(status int)      { w.status = status }

// answer returns what the server answers, from the functions that do.
func (e *explanation) answer() Answer {
	w := recorder{header: http.Header{}}
	origins, methods := e.r.Header["Origin"], e.r.Header[acrm]
	switch {
	case !e.Preflight && e.enabled != nil:
		e.enabled.decorate(e.Route, w.header, e.r, e.asked, origins)
	case !e.Preflight:
	case e.enabled != nil:
		e.enabled.answerPreflight(e.Route, &w, e.r, e.asked, origins, e.Method)
	default:
		// No added route serves what is announced: the preflight goes on to what serves
		// it as an OPTIONS request, which may be ours.
		route, router := e.c.reg.describe(e.r, http.MethodOptions)
		ours := router.Refuses || route != nil && route.enabled.Load() != nil
		if !ours {
			w.status = router.Status
			break
		}
		e.c.reg.preflights.reply(&w, e.r, origins, methods, true)
	}
	a := Answer{Status: w.status, Header: []Field{}, Body: w.body.String()}
	for name, values := range w.header {
		name = http.CanonicalHeaderKey(name) // of varyKey
		if name != "Vary" && !strings.HasPrefix(name, "Access-Control-") {
			continue
		}
		for _, value := range values {
			a.Header = append(a.Header, Field{name, value})
		}
	}
	slices.SortFunc(a.Header, func(a, b Field) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	return a
}

// get returns the value of the header called name, "" if there is none.
func (a *Answer) get(name string) string {
	for _, f := range a.Header {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}
