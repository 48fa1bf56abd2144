package main

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/routecors/routecors"
)

// An event is one request that the API received, with what it answered.
type event struct {
	Method   string             `json:"method"`
	Path     string             `json:"path"`
	Request  []routecors.Field  `json:"request"`  // Origin and the CORS request headers
	Cookie   bool               `json:"cookie"`   // whether there was one; never which
	Decision routecors.Decision `json:"decision"` // by Explain, of this very request

	Status   int               `json:"status"`
	Response []routecors.Field `json:"response"` // Vary, Location and the CORS response headers
	Ran      bool              `json:"ran"`      // a handler of the API, not a middleware or the router alone
}

// What is kept: the oldest runs are forgotten, and events beyond the limit of one run
// are not noted.
const (
	maxRuns   = 256
	maxEvents = 16
)

// validID is that of a run, which the page makes up.
var validID = regexp.MustCompile(`^[0-9a-z-]{1,36}$`).MatchString

// traces holds what the API has received, by the run that it belongs to. The zero
// value is empty. It is safe for concurrent use.
type traces struct {
	mu     sync.Mutex
	events map[string][]event
	order  []string // the runs, oldest first
}

func (t *traces) add(id string, e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.events == nil {
		t.events = map[string][]event{}
	}
	if _, ok := t.events[id]; !ok {
		if len(t.order) == maxRuns {
			delete(t.events, t.order[0])
			t.order = slices.Delete(t.order, 0, 1)
		}
		t.order = append(t.order, id)
	}
	if len(t.events[id]) < maxEvents {
		t.events[id] = append(t.events[id], e)
	}
}

// ServeHTTP gives the events of one run as JSON.
func (t *traces) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	events := t.events[r.URL.Query().Get("id")] // whose elements are never written twice
	t.mu.Unlock()
	if events == nil {
		events = []event{}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(events)
}

// record returns next, with every request noted whose query names a run. It stands
// before cors.Handler, so that Explain sees what that sees.
func (t *traces) record(cors *routecors.CorsConfig, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("trace")
		if !validID(id) {
			next.ServeHTTP(w, r)
			return
		}
		rec := &recorder{ResponseWriter: w, traces: t, id: id, event: event{
			Method:   r.Method,
			Path:     r.URL.Path,
			Request:  fields(r.Header, "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Authorization", "Content-Type"),
			Cookie:   r.Header["Cookie"] != nil,
			Decision: cors.Explain(r),
		}}
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), recorderKey{}, rec)))
		rec.note(http.StatusOK)
	})
}

// fields returns the lines of header that have one of these names, in their order.
func fields(header http.Header, names ...string) []routecors.Field {
	list := []routecors.Field{}
	for _, name := range names {
		for _, value := range slices.Concat(header[name], header[strings.ToLower(name)]) { // Vary is kept under "vary"
			list = append(list, routecors.Field{Name: name, Value: value})
		}
	}
	return list
}

// A recorder notes the event before the page can have the response.
type recorder struct {
	http.ResponseWriter
	traces *traces
	id     string
	event  event
	noted  bool
}

type recorderKey struct{}

// noteRun is for handlers to say that they run.
func noteRun(r *http.Request) {
	if rec, ok := r.Context().Value(recorderKey{}).(*recorder); ok {
		rec.event.Ran = true
	}
}

func (rec *recorder) note(status int) {
	if rec.noted {
		return
	}
	rec.noted = true
	rec.event.Status = status
	rec.event.Response = fields(rec.Header(), "Location", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
		"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age", "Access-Control-Expose-Headers", "Vary")
	rec.traces.add(rec.id, rec.event)
}

func (rec *recorder) WriteHeader(status int) {
	rec.note(status)
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	rec.note(http.StatusOK)
	return rec.ResponseWriter.Write(b)
}
