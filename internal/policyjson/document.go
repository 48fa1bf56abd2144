package policyjson

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Schema is the JSON Schema of a Document.
//
//go:embed schema.json
var Schema string

// A Document is a policy file.
type Document struct {
	Defaults *Policy // nil if there are none
	Policies map[string]*Policy
	Routes   []Route // in the order of the text
	Origins  []Name  // "cors" of asab
	Paths    []Name  // "cors_preflight_paths" of asab
}

// A Place is where something stands in the text, from 1.
type Place struct{ Line, Column int }

// A Name is a text with its place.
type Name struct {
	Place
	Text string
}

// A Policy is options by origin, with the places of the origins.
type Policy struct {
	Place
	Options map[string]Options
	Keys    map[string]Place
}

// A Route is the entry of a route, with its policies, the nearest first.
type Route struct {
	Name
	Policies []*Policy
	Places   []Place // of the policies, or of their names
}

// ReadDocument reads a Document strictly, or says what is wrong: of what is no JSON, or
// of another shape, the first; then all names that are unknown or not used.
func ReadDocument(text []byte) (*Document, []*Error) {
	v, err := Text(text)
	if err != nil {
		return nil, []*Error{err.(*Error)}
	}
	d := &reader{Document: Document{Policies: map[string]*Policy{}}, used: map[string]bool{}}
	err = v.Object(func(name string, at, value Value) error {
		d.has = append(d.has, name)
		switch name {
		case "$schema":
			return value.Decode(new(string), "the address of the schema")
		case "defaults":
			d.Defaults = new(Policy)
			return d.Defaults.read(value)
		case "policies":
			return value.Object(func(name string, at, value Value) error {
				d.names = append(d.names, Name{at.place(), name})
				d.Policies[name] = new(Policy)
				return d.Policies[name].read(value)
			})
		case "routes":
			return value.Object(func(name string, at, value Value) error {
				route := Route{Name: Name{at.place(), name}}
				defer func() { d.Routes = append(d.Routes, route) }()
				return d.route(&route, value)
			})
		case "cors":
			return value.texts(&d.Origins)
		case "cors_preflight_paths":
			return value.texts(&d.Paths)
		}
		return at.Errorf("unknown name %q; there are $schema, defaults, policies, routes, cors and cors_preflight_paths", name)
	})
	if err != nil {
		return nil, []*Error{err.(*Error)} // Object and what it calls return no other here
	}
	d.check(v)
	if d.errs != nil {
		return nil, d.errs
	}
	return &d.Document, nil
}

type reader struct {
	Document
	has   []string        // names at the top
	names []Name          // of policies, in order
	used  map[string]bool // names of policies
	late  []func()        // look names up that may stand further down
	errs  []*Error
}

// route reads the policies of an entry: a name, a policy, or a list of these.
func (d *reader) route(route *Route, v Value) error {
	switch v.first() {
	case '"':
		var name string
		if err := v.Decode(&name, "the name of a policy"); err != nil {
			return err
		}
		n, i := len(d.Routes), len(route.Policies)
		route.Policies, route.Places = append(route.Policies, nil), append(route.Places, v.place())
		d.used[name] = true
		d.late = append(d.late, func() {
			if p := d.Policies[name]; p != nil {
				d.Routes[n].Policies[i] = p
				return
			}
			d.errs = append(d.errs, v.Errorf("unknown policy %q; %s", name, d.known()))
		})
		return nil
	case '{':
		p := new(Policy)
		route.Policies, route.Places = append(route.Policies, p), append(route.Places, v.place())
		return p.read(v)
	case '[':
		return v.elements(func(element Value) error {
			if element.first() == '[' {
				return element.Errorf("want the name of a policy or a policy, have a list in a list")
			}
			return d.route(route, element)
		})
	}
	return v.Errorf("want the name of a policy, a policy, or a list of these, have %s", v.raw)
}

func (d *reader) known() string {
	if len(d.names) == 0 {
		return "there are none under policies"
	}
	var names []string
	for _, name := range d.names {
		names = append(names, strconv.Quote(name.Text))
	}
	return "there are " + strings.Join(names, ", ")
}

// check looks at what can be told at the end alone.
func (d *reader) check(v Value) {
	for _, look := range d.late {
		look()
	}
	for _, name := range d.names {
		if !d.used[name.Text] {
			d.errs = append(d.errs, &Error{name.Line, name.Column, "policy " + strconv.Quote(name.Text) + " is used by no route; use it or leave it out"})
		}
	}
	if cors, paths := slices.Contains(d.has, "cors"), slices.Contains(d.has, "cors_preflight_paths"); cors != paths {
		d.errs = append(d.errs, v.Errorf("cors and cors_preflight_paths go together; cors names origins, cors_preflight_paths what they may use"))
	}
	slices.SortStableFunc(d.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func (p *Policy) read(v Value) error {
	*p = Policy{v.place(), map[string]Options{}, map[string]Place{}}
	return v.Object(func(origin string, at, value Value) error {
		var o Options
		p.Keys[origin] = at.place()
		err := o.read(value)
		p.Options[origin] = o
		return err
	})
}

// texts reads a list of texts, or one text with commas between them.
func (v Value) texts(names *[]Name) error {
	split := func(v Value) error {
		var text string
		if err := v.Decode(&text, "a text"); err != nil {
			return err
		}
		for _, part := range strings.Split(text, ",") {
			if part = strings.TrimSpace(part); part == "" {
				return v.Errorf("an empty element in %q; leave it out", text)
			}
			*names = append(*names, Name{v.place(), part})
		}
		return nil
	}
	if v.first() != '[' {
		return split(v)
	}
	return v.elements(split)
}

// elements calls element for each element of the list v.
func (v Value) elements(element func(Value) error) error {
	dec := json.NewDecoder(bytes.NewReader(v.raw))
	if _, err := dec.Token(); err != nil {
		return v.Errorf("%v", err) // impossible: Text has read it
	}
	for dec.More() {
		e := v.at(dec)
		if err := dec.Decode(&e.raw); err != nil {
			return v.Errorf("%v", err)
		}
		if err := element(e); err != nil {
			return err
		}
	}
	return nil
}

// first returns the first byte of v.
func (v Value) first() byte { return bytes.TrimSpace(v.raw)[0] }

func (v Value) place() Place {
	e := v.Errorf("")
	return Place{e.Line, e.Column}
}
