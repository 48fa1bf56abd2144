package routecors

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// LogValue returns a group for log/slog: the reason, the method, the path without
// the query, the origin, the route and the sentence. What clients send is quoted and
// cut; no cookie and no other header value is in it.
func (d Decision) LogValue() slog.Value {
	route := ""
	if d.Route != nil {
		route = d.Route.String()
	}
	path, _, _ := strings.Cut(d.URL, "?")
	if _, rest, ok := strings.Cut(path, "://"); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	return slog.GroupValue(
		slog.String("reason", d.Reason.String()),
		slog.String("method", quoted(d.Method)),
		slog.String("path", quoted(path)),
		slog.String("origin", quoted(d.Origin)),
		slog.String("route", route),
		slog.String("sentence", d.Sentence),
	)
}

// String returns the whole decision in lines, for a terminal: what clients send is
// quoted and cut.
func (d Decision) String() string {
	var b strings.Builder
	d.write(&b, "")
	return b.String()
}

func (d Decision) write(b *strings.Builder, indent string) {
	line := func(s ...string) { b.WriteString(indent + strings.Join(s, "") + "\n") }
	kind := ""
	if d.Preflight {
		kind = "preflight for "
	}
	with := ""
	if d.Credentials {
		with = ", with credentials"
	}
	line(kind, quoted(d.Method), " ", quoted(d.URL), " from ", quoted(d.Origin), with)
	line(d.Reason.String(), ": ", d.Sentence)
	for _, s := range d.Steps {
		mark := "-     "
		switch s.State {
		case StepPassed:
			mark = "ok    "
		case StepFailed:
			mark = "FAILED"
		}
		text := s.Text
		if text != "" {
			text = ": " + text
		}
		line("  ", mark, " ", s.Name, text)
	}
	for _, l := range d.Layers {
		says := "no key matches"
		text, _ := l.Options.MarshalJSON() // it has no error
		switch {
		case l.Key == dynamicKey && d.Reason == OriginUndecided:
			says = "its function could not decide"
		case l.Key == dynamicKey:
			says = "its function decides: " + string(text)
		case l.Decides:
			says = "key " + quoted(l.Key) + " decides: " + string(text)
		}
		line("  layer ", l.Layer, ": ", says)
	}
	if d.Response.Status != 0 {
		line("  the server answers ", strconv.Itoa(d.Response.Status))
	}
	for _, f := range d.Response.Header {
		line("  ", f.Name, ": ", f.Value)
	}
	if d.Announced != nil {
		before := *d.Announced
		if !d.Allowed {
			before.Console, before.Remedy = "", "" // as below
		}
		line("  before it, the browser sends:")
		before.write(b, indent+"    ")
	}
	if d.Console != "" {
		line("  console: ", printable(d.Console))
	}
	if d.Remedy != "" {
		line("  remedy: ", d.Remedy)
	}
}

// printable quotes s if a terminal could take part of it for a command.
func printable(s string) string {
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) {
		return quoted(s)
	}
	return s
}

// console returns what Chromium prints for a fetch that fails so. Its words are
// those of its services/network/public/cpp/cors; a test compares them with it.
func (e *explanation) console() string {
	if e.why.reason == RequestMethodMalformed || !origin.Valid(e.Origin) && e.Origin != "null" ||
		headers.IsForbiddenMethod(e.Method) || !headers.IsToken(e.Method) {
		return "" // no browser sends it
	}
	why := "No 'Access-Control-Allow-Origin' header is present on the requested resource."
	// With WithDebug the answer to a refused preflight passes the CORS check, if the
	// credentials let it.
	checked := e.Credentials && e.Response.get(acac) == ""
	switch named := e.Preflight && e.Response.get(acao) != ""; {
	case named && !checked && e.why.reason == MethodNotAllowed:
		return e.blocked("Method " + e.Method + " is not allowed by Access-Control-Allow-Methods in preflight response.")
	case named && !checked && e.why.reason == HeaderNotAllowed:
		return e.blocked("Request header field " + e.why.value + " is not allowed by Access-Control-Allow-Headers in preflight response.")
	case e.why.reason == CredentialsWithWildcard, named && checked && e.Response.get(acao) == "*":
		why = "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'."
	case e.why.reason == CredentialsNotAllowed, named && checked:
		why = "The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials mode is 'include'."
	case e.Preflight && e.Response.Status/100 == 3:
		why = "Redirect is not allowed for a preflight request."
	}
	if e.Preflight {
		why = "Response to preflight request doesn't pass access control check: " + why
	}
	return e.blocked(why)
}

func (e *explanation) blocked(why string) string {
	return "Access to fetch at '" + e.URL + "' from origin '" + e.Origin + "' has been blocked by CORS policy: " + why
}
