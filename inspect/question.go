package inspect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/internal/headers"
)

// A question is the form, as it was filled in.
type question struct {
	Origin, Method, URL string
	Headers             string // a line each: a name, or a name and a value
	Credentials         bool
	Filter              string // of the table
}

func questionOf(query url.Values) question {
	q := question{
		Origin:      strings.TrimSpace(query.Get("origin")),
		Method:      strings.TrimSpace(query.Get("method")),
		URL:         strings.TrimSpace(query.Get("url")),
		Headers:     query.Get("headers"),
		Credentials: query.Get("credentials") != "",
		Filter:      strings.TrimSpace(query.Get("filter")),
	}
	if q.Method == "" {
		q.Method = http.MethodGet
	}
	return q
}

// An answer is what Explain says to a question.
type answer struct {
	Mistakes  []string // in the form; nothing else is set then
	Decision  routecors.Decision
	Layers    []layer
	Exchanges []exchange
}

// A layer is a LayerDecision in words.
type layer struct {
	Name, Key, Options string
	Decides            bool
	Asked, Undecided   bool // a function decides, or could not
}

// dynamicKey is the Key of a LayerDecision where a function decides. No origin and no
// pattern is written so.
const dynamicKey = "(dynamic)"

// An exchange is one request with the response to it.
type exchange struct {
	Title             string
	Request, Response string // as HTTP text; no Response to what is not sent
	Steps, NotReached []routecors.Step
}

func newExchange(title, request, response string, steps []routecors.Step) exchange {
	e := exchange{Title: title, Request: request, Response: response}
	for _, step := range steps {
		if step.State == routecors.StepNotReached {
			e.NotReached = append(e.NotReached, step)
			continue
		}
		e.Steps = append(e.Steps, step)
	}
	return e
}

// The longest of what can be asked: no browser sends more to a server that answers.
const (
	maxLine  = 8 << 10
	maxLines = 100
)

// answer returns nil where nothing was asked.
func (q question) answer(cors *routecors.CorsConfig, r *http.Request) *answer {
	if q.Origin == "" && q.URL == "" {
		return nil
	}
	asked, mistakes := q.request(r)
	if len(mistakes) > 0 {
		return &answer{Mistakes: mistakes}
	}
	d := cors.Explain(asked)
	a := &answer{Decision: d}
	if before := d.Announced; before != nil {
		a.Exchanges = append(a.Exchanges, newExchange("The CORS-preflight request", preflightText(asked, *before), responseText(*before), before.Steps))
	}
	e := newExchange("The request", requestText(asked), responseText(d), d.Steps)
	if d.Preflight {
		e.Title = "The CORS-preflight request"
	}
	if before := d.Announced; before != nil && !before.Allowed {
		e.Title, e.Response = "The request, which the browser does not send", ""
	}
	a.Exchanges = append(a.Exchanges, e)
	for _, l := range d.Layers {
		options, _ := json.Marshal(l.Options) // of strings and numbers, it cannot fail
		a.Layers = append(a.Layers, layer{l.Layer, l.Key, string(options), l.Decides, l.Key == dynamicKey, l.Key == dynamicKey && d.Reason == routecors.OriginUndecided})
	}
	return a
}

// request returns the request that q describes, or what is wrong with q. A path is one
// of the server that r came to. Nothing of r's context is in it, which routers read.
func (q question) request(r *http.Request) (asked *http.Request, mistakes []string) {
	mistake := func(format string, args ...any) { mistakes = append(mistakes, fmt.Sprintf(format, args...)) }
	switch {
	case q.Origin == "":
		mistake("Page: give the origin of the page, such as https://app.example.com.")
	case len(q.Origin) > maxLine, hasControl(q.Origin):
		mistake("Page: no browser sends this as an origin.")
	}
	if !headers.IsToken(q.Method) || len(q.Method) > maxLine {
		mistake("Method: %s is not a method.", headers.AppendQuote(nil, q.Method))
	}
	target := q.URL
	if strings.HasPrefix(target, "/") {
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		target = scheme + r.Host + target
	}
	u, err := url.Parse(target)
	if err != nil || len(target) > maxLine || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		mistake("URL: give a path that begins with a slash, or a URL with http:// or https://.")
	}
	header, err := parseHeader(q.Headers)
	if err != nil {
		mistake("Headers: %v.", err)
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	header["Origin"] = []string{q.Origin}
	if q.Credentials {
		header["Cookie"] = []string{"…"}
	}
	return &http.Request{Method: q.Method, URL: u, Host: u.Host, Header: header}, nil
}

// parseHeader reads lines of names, or of a name, a colon and a value. Several names
// may stand in a line, with commas.
func parseHeader(text string) (http.Header, error) {
	header, lines := http.Header{}, 0
	add := func(name, value string) error {
		name = strings.TrimSpace(name)
		switch lower := strings.ToLower(name); {
		case !headers.IsToken(name) || len(name) > maxLine:
			return fmt.Errorf("%s is not a header name", headers.AppendQuote(nil, name))
		case lower == "cookie":
			return fmt.Errorf("a page cannot set Cookie; tick “with credentials”")
		case strings.HasPrefix(lower, "access-control-request-"): // who asks for a preflight itself
		case headers.IsForbiddenRequestHeader(lower):
			return fmt.Errorf("a page cannot set %s", name)
		}
		if hasControl(value) || len(value) > maxLine {
			return fmt.Errorf("the value of %s cannot be sent", name)
		}
		if lines++; lines > maxLines {
			return fmt.Errorf("there are more than %d", maxLines)
		}
		header.Add(name, value)
		return nil
	}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok {
			if err := add(name, strings.TrimSpace(value)); err != nil {
				return nil, err
			}
			continue
		}
		for name := range strings.SplitSeq(name, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if err := add(name, exampleOf(name)); err != nil {
				return nil, err
			}
		}
	}
	return header, nil
}

// exampleOf returns a value for a header of which only the name is given: of the names
// that are CORS-safelisted with some values alone, what pages most often send.
func exampleOf(name string) string {
	if strings.EqualFold(name, "Content-Type") {
		return "application/json"
	}
	return "1"
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
