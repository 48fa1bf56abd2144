package routecors

import (
	"slices"
	"strconv"
	"strings"

	"github.com/routecors/routecors/internal/headers"
	"github.com/routecors/routecors/internal/origin"
)

// remedy returns what to change so that the page gets what it asks for. It never
// names what Setup refuses unless a danger is accepted.
func (e *explanation) remedy() string {
	switch e.why.reason {
	case NotCORS:
		return "to ask what a page gets, set Origin to its origin"
	case RequestMethodMalformed:
		return "send one line of Access-Control-Request-Method, as browsers do"
	case OriginMalformed:
		return `send one line of Origin with one serialized origin, such as "https://app.example", as browsers do`
	case OriginUndecided:
		return "see why the function of the Dynamic layer could not decide: WithLogger has it logged"
	case HeadersTooLong:
		return "have the page set fewer headers of its own: the names in Access-Control-Request-Headers are bounded"
	case Redirected:
		return "have the page ask for " + quoted(e.Router.Location) + " itself: no preflight may follow a redirect, and the router's have no CORS header"
	case CredentialsNotAllowed, CredentialsWithWildcard:
		return e.credentialsRemedy()
	case HeaderNotAllowed:
		if err := headers.CheckRequestHeader(e.why.value); err != nil {
			return "have the page leave " + quoted(e.why.value) + " out: " + err.Error()
		}
		layer, key := e.decisive()
		if key == dynamicKey {
			return "have the function of the Dynamic layer name " + quoted(e.why.value) + " in AllowHeaders"
		}
		return "name " + quoted(e.why.value) + " in AllowHeaders of the key " + strconv.Quote(key) + " of " + e.place(layer)
	}
	if neverAllowed(e.Method) {
		return "none: no page can be allowed the method " + quoted(e.Method)
	}
	if err := headers.CheckMethod(e.Method); err != nil {
		return "have the page send another method than " + quoted(e.Method) + ": " + err.Error()
	}
	switch e.why.reason {
	case RouteNotFound, RouteNotAdded:
		return e.routeRemedy()
	case OriginNotListed:
		return e.listRemedy()
	case OriginDenied:
		if e.Origin == "null" || !origin.Valid(e.Origin) {
			return nullRemedy
		}
		layer, key := e.decisive()
		if key == dynamicKey {
			return "have the function of the Dynamic layer allow " + e.page()
		}
		if e.Origin == key {
			return "take Deny from the key " + strconv.Quote(key) + " of " + e.place(layer)
		}
		if layer == inRoute.String() {
			return "list " + e.page() + " beside the key " + strconv.Quote(key) + " of " + e.place(layer) + ", which denies it"
		}
		return "list " + e.page() + " in " + e.place(inRoute.String()) + ": the key " + strconv.Quote(key) + " of " + e.place(layer) + ", which denies it, is further away"
	case MethodNotAllowed:
		return e.methodRemedy()
	}
	return ""
}

// page quotes the origin, whole where a policy can name it.
func (e *explanation) page() string {
	if origin.Valid(e.Origin) {
		return strconv.Quote(e.Origin)
	}
	return quoted(e.Origin)
}

// place names a layer as the program's text has it.
func (e *explanation) place(layer string) string {
	switch layer {
	case inRoute.String():
		return "the policy that Add gets with " + strconv.Quote(e.Route.String())
	case inView.String():
		return "the CORSPolicies of the handler of " + strconv.Quote(e.Route.String())
	case inResource.String():
		return "the policy that Add gets with the resource " + strconv.Quote(e.Route.pattern)
	case inTree.String():
		return "the policy that Add gets with the tree " + strconv.Quote(e.tree())
	case inGroup.String():
		return "the policy of the group"
	}
	return "the defaults"
}

// tree names the innermost tree that the route is below.
func (e *explanation) tree() string {
	reg := e.c.reg
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if trees := reg.treesOf(e.Route); trees != nil {
		return trees[0].String()
	}
	return ""
}

// coveredBy tells what covers a route that was not added.
func (e *explanation) coveredBy() place {
	if res := e.Route.resource; res != nil {
		res.mu.Lock()
		defer res.mu.Unlock()
		if res.reg == e.c.reg {
			return inResource
		}
	}
	return inTree
}

// routeRemedy is for a route that was not added, and for none.
func (e *explanation) routeRemedy() string {
	pattern, before := e.Method+" "+e.r.URL.EscapedPath(), ""
	switch o := e.Router; {
	case e.Route != nil:
		pattern = e.Route.String()
	case o.Kind == OutcomeUnknown:
		return "register with the adapter what is mounted or wrapped here, so that it can be seen into, and add its route for " + quoted(e.Method)
	case o.Kind == OutcomeRunsHandler:
		pattern = o.Pattern
	case len(others(o.Allow)) > 0:
		before = "have the page send one of " + strings.Join(others(o.Allow), ", ") + ", or register a handler for " + quoted(e.Method) + " and add it: "
	default:
		before = "mend the URL, or register a handler for it and add it: "
	}
	remedy := before + "cors.Add(router.Handle(" + strconv.Quote(pattern) + ", …))"
	if e.Route != nil && e.Route.resource != nil {
		remedy += ", or name " + strconv.Quote(e.Method) + " in AllowMethods of the policy of its resource"
	}
	return remedy + "; " + e.byDefaults()
}

// others returns methods without OPTIONS, which a router may serve by us alone.
func others(methods []string) []string {
	return slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == "OPTIONS" })
}

// byDefaults says what policy a route has for the origin, if Add gets none with it.
func (e *explanation) byDefaults() string {
	reg := e.c.reg
	reg.mu.Lock()
	byDefault := enabled{chain: newChain(reg.live, appendOuter(nil, e.c.layers))}
	reg.mu.Unlock()
	for i, l := range byDefault.now() {
		if byDefault.isDynamic(i) {
			return "without a policy of its own a function decides"
		}
		key, g := l.match(e.Origin)
		switch {
		case g == nil:
			continue
		case g.deny:
			return "without a policy of its own the key " + strconv.Quote(key) + " of " + e.place(l.place.String()) + " denies the origin"
		}
		text, _ := g.options().MarshalJSON() // it has no error
		return "without a policy of its own the key " + strconv.Quote(key) + " of " + e.place(l.place.String()) + " decides: " + string(text)
	}
	if e.Origin == "null" || !origin.Valid(e.Origin) { // null is not one page's origin: to list it is to list everyone
		return "the defaults do not list the origin"
	}
	return "the defaults do not list the origin: give Add a policy that does, too, routecors.Policy{" + strconv.Quote(e.Origin) + ": {}}"
}

const nullRemedy = `serve the page so that it has an origin of its own: "null" is that of anyone's sandboxed frame`

func (e *explanation) listRemedy() string {
	if e.Origin == "null" {
		return nullRemedy
	}
	to := e.place(inRoute.String())
	if e.enabled.covered {
		to = e.place(e.coveredBy().String())
	}
	with := e.needs()
	if with != "" {
		with = ", with " + with + ","
	}
	return "add " + e.page() + with + " to " + to
}

// needs names the options that a key must have to allow e.
func (e *explanation) needs() string {
	var with []string
	if e.enabled.covered && e.Route.method != "" {
		with = append(with, "AllowMethods {"+strconv.Quote(e.Route.method)+"}")
	}
	if e.Route.method == "" && !headers.IsSafelistedMethod(e.Method) {
		with = append(with, "AllowMethods {"+quoted(e.Method)+"}")
	}
	names := slices.DeleteFunc(slices.Clone(e.Headers), func(name string) bool { return headers.CheckRequestHeader(name) != nil })
	if len(names) > 0 {
		with = append(with, "AllowHeaders {"+list(names)+"}")
	}
	if e.Credentials {
		if p, err := origin.ParsePattern(e.Origin); err == nil && dangersOf(e.Origin, p) == 0 {
			with = append(with, "AllowCredentials")
		}
	}
	return strings.Join(with, " and ")
}

func (e *explanation) methodRemedy() string {
	layer, key := e.decisive()
	if key == dynamicKey {
		return "have the function of the Dynamic layer name " + quoted(e.Method) + " in AllowMethods"
	}
	at := "AllowMethods of the key " + strconv.Quote(key) + " of " + e.place(layer)
	if e.Route.method != "" && !e.enabled.covered {
		return "none: the route is for " + quoted(e.Route.method) + " alone"
	}
	methods := e.decisiveOptions().AllowMethods
	if len(methods) == 0 && !e.enabled.covered {
		return `write {"GET", "HEAD", "POST", ` + quoted(e.Method) + "} in " + at + ", which allows the first three while it is empty"
	}
	name := "name " + quoted(e.Method) + " in " + at
	if e.enabled.covered {
		name += ", or add the route: cors.Add(router.Handle(" + strconv.Quote(e.Route.String()) + ", …))"
	}
	return name
}

func (e *explanation) decisiveOptions() (o ResourceOptions) {
	if i := slices.IndexFunc(e.Layers, func(l LayerDecision) bool { return l.Decides }); i >= 0 {
		o = e.Layers[i].Options
	}
	return o
}

// credentialsRemedy names the origin alone, never "*" or a pattern.
func (e *explanation) credentialsRemedy() string {
	const otherwise = "have the page leave credentials out"
	if e.Origin == "null" {
		return nullRemedy + "; or " + otherwise
	}
	p, err := origin.ParsePattern(e.Origin)
	if err != nil {
		return otherwise
	}
	if found := dangersOf(e.Origin, p); found != 0 {
		for _, d := range dangers {
			if found&d.danger != 0 {
				return otherwise + ": " + d.reason(e.Origin, p)
			}
		}
	}
	layer, key := e.decisive()
	switch key {
	case dynamicKey:
		return "have the function of the Dynamic layer set AllowCredentials"
	case e.Origin:
		return "set AllowCredentials in the key " + strconv.Quote(key) + " of " + e.place(layer)
	}
	return "list " + e.page() + " itself, with AllowCredentials and with what the key " + strconv.Quote(key) + " allows, in " + e.place(layer)
}
