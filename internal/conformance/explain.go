package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/routecors/routecors"
)

// What Explain says of a request must be what the world answers.

// Explaining is a middleware for a router whose middlewares rewrite requests: what
// Explain says of one holds where it is looked at.
func (w *World) Explaining(next http.Handler) http.Handler {
	w.inside = true
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if d, ok := r.Context().Value(explained{}).(*routecors.Decision); ok {
			*d = w.Cors.Explain(r)
		}
		next.ServeHTTP(rw, r)
	})
}

// explained is the context key of the Decision that Explaining is to make.
type explained struct{}

func (w *World) explain(r *http.Request) (d routecors.Decision) {
	if !w.inside {
		return w.Cors.Explain(r)
	}
	ask(w.Handler, r.WithContext(context.WithValue(r.Context(), explained{}, &d)))
	return d
}

// checkExplained compares d with the answer to an actual request, which leaf gave,
// if any did.
func (w *World) checkExplained(d routecors.Decision, actual *recorder, leaf *Leaf, fail func(string)) {
	differs := func(what string) { fail("Explain of the request: " + what + "\n" + d.String()) }
	public := leaf != nil && (leaf.Added || leaf.coveredAtAll())
	switch {
	case d.Preflight:
		differs("taken for a preflight")
	case !slices.Equal(corsLines(d), corsLinesOf(actual.header)):
		differs(fmt.Sprintf("another header: %q", corsLines(d)))
	case d.Added != public:
		differs("the route is added, or it is not")
	case leaf == nil && d.Router.Kind == routecors.OutcomeRunsRoute:
		differs("the route did not run")
	case d.Router.Status != 0 && !sameStatus(d.Router.Status, actual.status):
		differs(fmt.Sprintf("the router answers %d", actual.status))
	case d.Router.Location != "" && d.Router.Location != actual.header.Get("Location"):
		differs("another redirect")
	case d.Allowed && actual.header["Access-Control-Allow-Origin"] == nil:
		differs("allowed, but not shared")
	case d.Announced == nil && d.Allowed != (actual.header["Access-Control-Allow-Origin"] != nil):
		differs("allowed, or not")
	case d.Announced == nil && !slices.Contains([]string{"GET", "HEAD", "POST", "CONNECT", "TRACE"}, d.Method):
		differs("it is not announced")
	}
	w.checkLadder(d, differs)
}

// checkExplainedPreflight compares d with the answer to a preflight.
func (w *World) checkExplainedPreflight(d routecors.Decision, answer *recorder, approved bool, fail func(string)) {
	differs := func(what string) { fail("Explain of the preflight: " + what + "\n" + d.String()) }
	_, describes := w.adapter.(routecors.Describer)
	switch {
	case !d.Preflight:
		differs("not taken for one")
	case approved && !d.Allowed, w.Exact && approved != d.Allowed:
		differs("approved, or not")
	}
	w.checkLadder(d, differs)
	if !w.Exact && answer.status != http.StatusForbidden && !approved {
		return // it did not arrive
	}
	ran := answer.header["Ran"] != nil
	switch {
	case ran && d.Response.Status != 0:
		differs("a handler of the program answers")
	case ran, d.Response.Status == 0 && (!describes || d.Router.Kind == routecors.OutcomeUnknown):
	case d.Response.Status != 0 && !sameStatus(d.Response.Status, answer.status):
		differs(fmt.Sprintf("the status is %d", answer.status))
	case d.Response.Status == 0 && answer.status == http.StatusForbidden:
		differs("we refuse it")
	case !slices.Equal(corsLines(d), corsLinesOf(answer.header)):
		differs(fmt.Sprintf("another header: %q", corsLines(d)))
	}
}

// sameStatus takes 404 and 405 for the same: which of them chi answers with depends on
// nodes that its Find may not come by. Tables in packages chi and stdmux tell them apart.
func sameStatus(a, b int) bool {
	router := func(status int) bool { return status == http.StatusNotFound || status == http.StatusMethodNotAllowed }
	return a == b || router(a) && router(b)
}

// checkLadder: one step fails, just where something is not allowed; the words are there.
func (w *World) checkLadder(d routecors.Decision, differs func(string)) {
	failed := 0
	for _, s := range d.Steps {
		if s.State == routecors.StepFailed {
			failed++
		}
		if s.State != routecors.StepNotReached && s.Text == "" || failed > 0 == (s.State == routecors.StepPassed) {
			differs("ill-formed steps")
		}
	}
	switch {
	case d.Allowed != (failed == 0), failed > 1, d.Allowed != (d.Reason == routecors.Allowed):
		differs("the steps are not of the reason")
	case d.Allowed != (d.Remedy == ""), d.Allowed && d.Console != "", d.Sentence == "":
		differs("the words are not of the reason")
	}
}

// corsLines returns the CORS lines of the answer that d foresees, as corsLinesOf does.
func corsLines(d routecors.Decision) []string {
	h := http.Header{}
	for _, f := range d.Response.Header {
		h[f.Name] = append(h[f.Name], f.Value)
	}
	return corsLinesOf(h)
}

// corsLinesOf returns the lines of h that Explain foresees, sorted. A handler may add
// to Vary what it likes.
func corsLinesOf(h http.Header) (lines []string) {
	for name, values := range h {
		for _, v := range values {
			if strings.HasPrefix(name, "Access-Control-") || strings.EqualFold(name, "Vary") && strings.HasPrefix(v, "Origin") {
				lines = append(lines, http.CanonicalHeaderKey(name)+": "+v)
			}
		}
	}
	slices.Sort(lines)
	return lines
}
