package chicors

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

// options is the handler for OPTIONS that RegisterOPTIONS puts into a router.
type options struct {
	adapter *Adapter
	next    http.Handler // that it replaced, or that came later; nil if none
	users   bool         // next is there for OPTIONS, and may answer preflights itself
}

func (o *options) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if o.adapter.preflights.Answer(w, r, !o.users) {
		return
	}
	if o.next != nil {
		o.next.ServeHTTP(w, r)
		return
	}
	if o.adapter.serveBehind(w, r) {
		return
	}
	if allow := o.adapter.allow(r); allow != "" {
		w.Header()["Allow"] = []string{allow}
	}
	w.WriteHeader(http.StatusNoContent)
}

// allow returns the methods for which the router would run a handler at the URL of r.
func (t *tree) allow(r *http.Request) string {
	l, _, path, ok := t.locate(r, r.Method)
	if !ok {
		return ""
	}
	methods := slices.DeleteFunc(append(slices.Clip(l.methods()), http.MethodHead), func(m string) bool {
		by := m
		if m == http.MethodHead && l.getHead {
			by = l.headBy(path)
		}
		_, runs := l.find(by, path)
		return !runs
	})
	slices.Sort(methods)
	methods = slices.Compact(methods)
	return strings.Join(methods, ", ")
}

// RegisterOPTIONS implements routecors.OPTIONSRegistrar. Whatever chi has for
// OPTIONS can be wrapped; it fails only where chi refuses the pattern of a resource.
func (a *Adapter) RegisterOPTIONS(pattern string, preflights *routecors.Preflights) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	if a.preflights == nil {
		a.preflights = preflights
		for _, route := range a.receivers {
			preflights.Attach(route)
		}
		a.receivers = nil
	}
	blanked := blank(pattern)
	if a.slots[a.base][blanked] {
		return nil
	}
	found := a.optionsAt(pattern)
	switch h := found.handler.(type) {
	case *options, *routecors.Route:
	case nil:
		a.base.Method(http.MethodOptions, pattern, &options{a, nil, false})
	default:
		a.base.Method(http.MethodOptions, found.pattern, &options{a, h, found.users})
	}
	if a.slots[a.base] == nil {
		a.slots[a.base] = map[string]bool{}
	}
	a.slots[a.base][blanked] = true
	a.changed()
	return nil
}

// found is the handler that a node has for OPTIONS.
type found struct {
	handler http.Handler
	pattern string // under which it was registered
	users   bool   // it is there for OPTIONS, or is a mount, not one of Handle
}

// optionsAt returns what the node of pattern has for OPTIONS. Walking the tree for
// each route would make set-up quadratic, so that Find is asked first, for a path
// that the pattern matches.
func (a *Adapter) optionsAt(pattern string) found {
	blanked := blank(pattern)
	if path, ok := example(blanked); ok {
		itself := path == blanked
		if prefix, wild := strings.CutSuffix(path, "*"); wild {
			path, itself = prefix+"~/~/~/~", false // narrower patterns come before
		}
		rctx := chi.NewRouteContext()
		a.base.Find(rctx, http.MethodOptions, path)
		if len(rctx.RoutePatterns) == 0 {
			return found{}
		}
		// A node of this pattern would have come before one that ends in "*" earlier;
		// and where parameters stand for themselves, before any without expressions.
		first := blank(rctx.RoutePatterns[0])
		prefix, wild := strings.CutSuffix(first, "*")
		if first != blanked && (wild && strings.HasPrefix(blanked, prefix) || itself && !strings.Contains(first, ":")) {
			return found{}
		}
	}
	var mount found
	for _, route := range a.base.Routes() {
		b := blank(route.Pattern)
		all := route.Handlers["*"]
		if b == blanked {
			if h := route.Handlers[http.MethodOptions]; h != nil {
				return found{h, route.Pattern, all == nil || isMount(h) || !same(h, all)}
			}
		}
		prefix, wild := strings.CutSuffix(b, "*")
		if !wild || !isMount(all) {
			continue
		}
		at := strings.TrimSuffix(route.Pattern, "*") // as the mount spells it
		switch blanked {
		case b:
			mount = found{all, route.Pattern, true}
		case prefix:
			mount = found{all, at, true}
		case strings.TrimSuffix(prefix, "/"):
			mount = found{all, strings.TrimSuffix(at, "/"), true}
		}
	}
	return mount
}
