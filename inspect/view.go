package inspect

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"

	"github.com/routecors/routecors"
)

// A view is what the templates are given.
type view struct {
	Style    template.CSS
	Script   template.JS
	Host     string
	Question question
	Answer   *answer // nil if nothing was asked
	Table    *table
	Refusals *refusals
	Findings []routecors.Finding

	MoreFindings int // that are not listed
}

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	style template.CSS
	//go:embed page.js
	script template.JS

	page = template.Must(template.New("").Parse(pageText))
)

// contentSecurityPolicy lets the page use its own style and script, known by their
// hashes, and fetch from its own origin. The icon is an empty data: URL, or browsers
// would ask the program for /favicon.ico.
var contentSecurityPolicy = "default-src 'none'; script-src '" + hash(string(script)) + "'; style-src '" + hash(string(style)) + "'; " +
	"img-src data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// maxRows is how many lines a list of the page has at most.
const maxRows = 100

// A refusals is what Counters has counted.
type refusals struct {
	Rows []refusal
	More int // that are not listed
}

type refusal struct {
	Route     string // "" where no route that was added serves it
	Reason    routecors.Reason
	Preflight bool
	Count     uint64
}

func newRefusals(cors *routecors.CorsConfig) *refusals {
	names := map[*routecors.Route]string{}
	routes, _ := cors.AllRoutes()
	for _, r := range routes {
		names[r.Route] = nameOf(r.Method, r.Pattern)
	}
	list := &refusals{}
	for n := range cors.Counters().All() {
		if len(list.Rows) == maxRows {
			list.More++
			continue
		}
		row := refusal{"", n.Reason, n.Preflight, n.Count}
		if n.Route != nil {
			row.Route = n.Route.String()
			if name := names[n.Route]; name != "" {
				row.Route = name
			}
		}
		list.Rows = append(list.Rows, row)
	}
	return list
}

// nameOf names a route as error texts do.
func nameOf(method, pattern string) string {
	if method == "" {
		return pattern
	}
	return method + " " + pattern
}
