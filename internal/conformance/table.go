package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/routecors/routecors"
)

// A case is a file of sections, each after a line "-- name --", that opens with
// the reason of the case. These sections say what is served:
//
//	-- policy.json --           the defaults; other names are policies for "with"
//	-- options --               of Setup, one a line: preflight-status 200, ...
//	-- routes --                what is registered, one a line, in order
//
// The lines of routes, where * stands for every method:
//
//	public GET /x with a.json b.json do set Vary Accept; status 404
//	private GET /x              registered with the adapter, not added
//	bare GET /x                 registered on the router itself, not added
//	resource /x with a.json     added; "resource /x unadded" is not
//	handle GET /x               by the resource, not added
//	add GET /x with a.json      of the resource, added; "add /x" is the resource itself
//	group a.json                what follows is added by this group
//	middleware auth             between cors.Handler and the router: auth, timeout, recover, compress
//	only chi                    this router alone; also: only handler, only bare
//
// After "do": set NAME VALUE, add NAME VALUE, status CODE, panic, sleep,
// path NAME: the value of the wildcard stands after the handler's name; and last,
// for the cases of browsers: stream ("one", flushed, waits, "two"), websocket.

// A Section is a part of a case.
type Section struct{ Name, Body string }

// Sections cuts the text of a case. The reason that it opens with must be one: a
// comment that says why the outcome is right, with a link.
func Sections(text string) ([]Section, error) {
	head, rest, _ := strings.Cut("\n"+text, "\n-- ")
	if len(strings.Trim(head, "# \n")) < 20 || !strings.HasPrefix(head, "\n#") || !strings.Contains(head, "https://") {
		return nil, fmt.Errorf("no reason: start with a line %q that says why the outcome is right, and has a link", "# …")
	}
	var sections []Section
	for section := range strings.SplitSeq(rest, "\n-- ") {
		name, body, ok := strings.Cut(section+"\n", " --\n") // a section may be empty
		if !ok {
			return nil, fmt.Errorf("section %q: no heading", section)
		}
		sections = append(sections, Section{name, body})
	}
	return sections, nil
}

// A Table is what a case serves.
type Table struct {
	policies map[string]routecors.Policy
	options  []routecors.Option
	routes   []string
	only     []string
}

// NewTable takes what is served from the sections, and returns the other sections.
func NewTable(sections []Section) (c Table, others []Section, err error) {
	c.policies = map[string]routecors.Policy{}
	for _, s := range sections {
		switch {
		case strings.HasSuffix(s.Name, ".json"):
			var p routecors.Policy
			if err := json.Unmarshal([]byte(s.Body), &p); err != nil {
				return c, nil, fmt.Errorf("%s: %v", s.Name, err)
			}
			c.policies[s.Name] = p
		case s.Name == "options":
			for _, line := range Lines(s.Body) {
				o, ok := options[line]
				if !ok {
					return c, nil, fmt.Errorf("unknown option %q", line)
				}
				c.options = append(c.options, o)
			}
		case s.Name == "routes":
			for _, line := range Lines(s.Body) {
				if only, ok := strings.CutPrefix(line, "only "); ok {
					c.only = append(c.only, only)
					continue
				}
				c.routes = append(c.routes, line)
			}
		default:
			others = append(others, s)
		}
	}
	return c, others, nil
}

var options = map[string]routecors.Option{
	"preflight-status 200":   routecors.WithPreflightStatus(200),
	"without-synthetic":      routecors.WithoutSyntheticOPTIONS(),
	"debug":                  routecors.WithDebug(),
	"trust every origin":     routecors.DangerouslyTrustEveryOrigin(),
	"trust null origin":      routecors.DangerouslyTrustNullOrigin(),
	"trust insecure origins": routecors.DangerouslyTrustInsecureOrigins(),
	"trust public suffixes":  routecors.DangerouslyTrustPublicSuffixes(),
	"preflight-status 204":   routecors.WithPreflightStatus(204),
}

// Lines returns the lines of s, trimmed, without empty ones.
func Lines(s string) (out []string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Applies reports whether the case is for a router and a way of serving.
func (c *Table) Applies(words ...string) bool {
	return !slices.ContainsFunc(c.only, func(o string) bool { return !slices.Contains(words, o) })
}

// Best returns the text whose words are all among those that apply; of several,
// that with most.
func Best(texts map[string]string, apply ...string) (text string, ok bool) {
	most := -1
	for words, s := range texts {
		w := strings.Fields(words)
		if !slices.ContainsFunc(w, func(s string) bool { return !slices.Contains(apply, s) }) && len(w) > most {
			text, ok, most = s, true, len(w)
		}
	}
	return text, ok
}

// Serve builds what the lines of routes say, served by the router itself ("bare")
// or by cors.Handler ("handler").
func (c *Table) Serve(site Site, serving string) (http.Handler, error) {
	b, err := c.build(site)
	if err != nil {
		return nil, err
	}
	return b.serve(serving), nil
}

func (c *Table) build(site Site) (*builder, error) {
	cors, err := routecors.Setup(site.Adapter(), c.policies["policy.json"], c.options...)
	if err != nil {
		return nil, err
	}
	b := &builder{c, site, cors, site, map[string]*routecors.Resource{}, map[string]*routecors.Route{}}
	for _, line := range c.routes {
		if err := b.build(parseLine(line)); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
	}
	return b, nil
}

func (b *builder) serve(serving string) http.Handler {
	if serving == "handler" {
		return b.cors.Handler(b.chain)
	}
	return b.chain
}
