package routecors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"github.com/routecors/routecors/internal/policyjson"
)

// A PolicyFile says which policies the routes of a program have. It is read by
// ReadPolicyFile or ParsePolicyFile, and takes effect by CorsConfig.Apply. It is immutable.
//
//	{
//	  "defaults": {"https://app.example.com": {"max_age": 600}},
//	  "policies": {
//	    "partners": {"https://*.partner.example": {"allow_headers": ["Content-Type"]}}
//	  },
//	  "routes": {
//	    "GET /articles": [],
//	    "PUT /articles/{id}": "partners",
//	    "GET /public": {"*": {}},
//	    "/api/*": ["partners", {"https://b.example": {"deny": true}}]
//	  }
//	}
//
// A policy is as Policy is read from JSON. Under routes, a name is a route as the
// router writes it, with the prefixes of mounts, as AllRoutes lists it. It has one policy,
// by name or written out, or a list of them, the nearest first. The defaults are one more
// layer behind those, in front of the groups and defaults of the CorsConfig; they are for
// the routes of the file alone.
//
// A name that ends in "/*", with or without a method in front, stands for every route
// whose pattern begins with what is before the "*", as a text: "/api/*" for "GET /api/a"
// and "/api/{id}/b", not for "/api" or "/apiary". Routes with an entry of their own,
// routes that the program added itself and handlers that are none of ours are left
// aside. Of several such names the longest decides, then one with a method. Which routes
// there are is looked up by Apply.
//
// As in the configuration of asab, "cors" names origins, or "*", and
// "cors_preflight_paths" names paths, "/api/*" for all below one; each is a list, or one
// text with commas. The routes at these paths that have no entry under routes are open
// to these origins as asab opens them: for GET, HEAD and POST, with the headers
// Content-Type, Authorization and X-PINGOTHER, without credentials. Other than in asab, no
// other path is open, and a browser keeps preflights for two hours, not for a day.
//
// An unknown name, a name that comes twice, a policy that no route uses and whatever
// Setup or Add refuses are errors, each with its line.
type PolicyFile struct {
	name     string
	doc      *policyjson.Document
	policies map[*policyjson.Policy]Policy
	asab     *policyjson.Policy // that cors_preflight_paths have
}

// ReadPolicyFile reads a file in JSON, strictly. All mistakes that can be told without
// the routes are joined, each a *PolicyFileError.
func ReadPolicyFile(fsys fs.FS, name string) (*PolicyFile, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("routecors: %w", err)
	}
	return ParsePolicyFile(name, text)
}

// ParsePolicyFile is ReadPolicyFile for a text, such as one that was made from another
// format. Errors call it name.
func ParsePolicyFile(name string, text []byte) (*PolicyFile, error) {
	doc, mistakes := policyjson.ReadDocument(text)
	if mistakes != nil {
		var errs []error
		for _, m := range mistakes {
			errs = append(errs, &PolicyFileError{name, m.Line, m.Column, errors.New(m.Reason)})
		}
		return nil, errors.Join(errs...)
	}
	f := &PolicyFile{name, doc, map[*policyjson.Policy]Policy{}, asabPolicy(doc.Origins)}
	f.convert(f.asab)
	if doc.Defaults != nil {
		f.convert(doc.Defaults)
	}
	for p := range maps.Values(doc.Policies) {
		f.convert(p)
	}
	for _, route := range doc.Routes {
		for _, p := range route.Policies {
			f.convert(p)
		}
	}
	return f, nil
}

func (f *PolicyFile) convert(p *policyjson.Policy) {
	policy := Policy{}
	for key, o := range p.Options {
		policy[key] = ResourceOptions(o)
	}
	f.policies[p] = policy
}

// PolicyFileSchema returns the JSON Schema, draft 2020-12, of policy files, for
// editors.
func PolicyFileSchema() string { return policyjson.Schema }

// A PolicyFileError is a mistake at a place of a policy file.
type PolicyFileError struct {
	File         string
	Line, Column int   // from 1; the column in bytes
	Err          error // a *ConfigError where Setup or Add would refuse the same
}

// Error returns the place, "policies.json:3:14: ", and what is wrong there.
func (e *PolicyFileError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
}

// Unwrap returns Err.
func (e *PolicyFileError) Unwrap() error { return e.Err }

func (f *PolicyFile) errorAt(at policyjson.Place, err error) *PolicyFileError {
	return &PolicyFileError{f.name, at.Line, at.Column, err}
}

// An entry is one name of a policy file that stands for routes.
type entry struct {
	*policyjson.Route
	method string // of a name with "/*"
	prefix string // "/api/" of "/api/*"; a whole path where asab is set and below is not
	below  bool
	asab   bool // of cors_preflight_paths
	found  bool // some route is what it names
}

type entries struct {
	list  []*entry
	named map[string]*entry // those without "/*"
}

// entries returns the names of file: those of routes, then those of cors_preflight_paths.
func (f *PolicyFile) entries() entries {
	all := entries{named: map[string]*entry{}}
	for i := range f.doc.Routes {
		e := &entry{Route: &f.doc.Routes[i]}
		all.list = append(all.list, e)
		if prefix, ok := strings.CutSuffix(e.Text, "/*"); ok {
			method, path, hasMethod := strings.Cut(prefix, " ")
			if !hasMethod {
				method, path = "", prefix
			}
			e.method, e.prefix, e.below = method, path+"/", true
			continue
		}
		all.named[e.Text] = e
	}
	if f.doc.Paths == nil {
		return all
	}
	for _, path := range f.doc.Paths {
		route := &policyjson.Route{Name: path, Policies: []*policyjson.Policy{f.asab}, Places: []policyjson.Place{path.Place}}
		prefix, below := strings.CutSuffix(path.Text, "/*")
		if below {
			prefix += "/"
		}
		all.list = append(all.list, &entry{Route: route, prefix: prefix, below: below, asab: true})
	}
	return all
}

// find returns the entry that decides for r, called name; nil if none does.
func (all *entries) find(r Registered, name string) (best *entry) {
	if e := all.named[name]; e != nil {
		return e
	}
	for _, e := range all.list {
		switch {
		case !e.below && !(e.asab && e.prefix == r.Pattern), !strings.HasPrefix(r.Pattern, e.prefix), e.method != "" && e.method != r.Method:
		case best == nil,
			!e.asab && len(e.prefix) > len(best.prefix),
			len(e.prefix) == len(best.prefix) && e.method != "" && best.method == "",
			e.asab && best.asab && len(e.prefix) > len(best.prefix):
			best = e
		}
	}
	return best
}

// asabPolicy is what asab lets pages of origins do.
func asabPolicy(origins []policyjson.Name) *policyjson.Policy {
	p := &policyjson.Policy{Options: map[string]policyjson.Options{}, Keys: map[string]policyjson.Place{}}
	for _, origin := range origins {
		p.Options[origin.Text] = policyjson.Options{AllowHeaders: []string{"Content-Type", "Authorization", "X-PINGOTHER"}, MaxAge: 7200}
		p.Keys[origin.Text] = origin.Place
	}
	return p
}

// asabOpens reports whether asab approves preflights to a route with method.
func asabOpens(method string) bool {
	switch method {
	case "", "GET", "HEAD", "POST":
		return true
	}
	return false
}
