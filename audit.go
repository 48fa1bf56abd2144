package routecors

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/routecors/routecors/internal/origin"
)

// What an audit looks at, and when it speaks.
//
// It looks at keys that are in force: those that decide for a route, and open it or
// deny it. It says a thing once for each key of each policy, however many routes have
// it, so that the list stays as short as the configuration.
//
//  1. Dangers of a key. With credentials each is a warning, although an option of Setup
//     has accepted it: who reads the audit did not write the option. Without them, a
//     page reads only what anyone on the Internet could fetch, unless the network or an
//     address is what keeps people out. Then a pattern for nearly every website is
//     still a warning, since it is seldom meant: "*" says that better. The others are
//     notes. "*" without credentials is no finding.
//  2. Policies without effect: keys that decide for no route, and methods that no route
//     serves. They are warnings, since somebody relies on them; but methods in a group or
//     in the defaults are there for routes that may come, and are notes.
//  3. What a page may miss: PUT and PATCH carry a body, and with it a Content-Type
//     that needs to be allowed unless it is a form's. So does POST, but forms are
//     often posted: of POST the audit speaks only where AllowHeaders names others.
//  4. What no policy can prevent: the POST of a form, with cookies. Where credentials
//     are allowed there are cookies that matter. A CrossOriginProtection is seen where
//     it and CorsConfig.Handler, or it and the route, were given to each other; another
//     one cannot be, so that it is a note.
//  5. What a CrossOriginProtection that is seen refuses, and the policy allows.
//
// And all that Verify reports. New checks are warnings or notes, not to fail programs
// that passed.

// Audit reports what Verify does, and what works, but may be more, less or other than
// was meant: the errors first, then the warnings, then the notes.
//
//	no-preflights      error    nothing answers preflights
//	unreachable-route  error    no request is known that runs the route
//	lost-preflights    error    preflights for the route do not arrive
//	no-policy          error    the route was added, and is open to nobody
//	idle-resource      error    the resource was added, and opens none of its routes
//	needless-option    warning  no policy needs the Dangerously… option
//	every-origin       warning  "*" with credentials
//	wide-pattern       warning  a pattern for hosts that anyone can have
//	public-suffix      warning  a pattern for names that anyone can register; a note without credentials
//	null-origin        warning  an origin that any website can take; a note without credentials
//	insecure-origin    warning  plain http beyond loopback; a note without credentials
//	unused-policy      warning  a policy, or a key of it, that decides for no route
//	untrusted-key      warning  CrossOriginProtection refuses what the key allows to send
//	unserved-method    warning  AllowMethods names what no route serves; a note in groups and defaults
//	max-age            note     browsers keep preflights for less
//	content-type       note     PUT, PATCH or POST without Content-Type, so that no page can send JSON
//	dynamic-origins    note     a function decides, which cannot be audited
//	form-post          note     a page of any origin can POST a form with the user's cookies
//
// As Verify, it is called after Handler, and sees routes by sample requests.
func (c *CorsConfig) Audit() []Finding {
	a := newAudit(c.reg)
	for _, p := range c.verify() {
		a.findings = append(a.findings, p.finding())
	}
	for _, u := range a.uses {
		a.dangers(u)
	}
	a.unused()
	a.dynamic()
	for _, u := range a.uses {
		a.unservedMethods(u)
		a.contentType(u)
		a.untrusted(u)
	}
	for _, g := range a.groups {
		a.formPost(g)
	}
	slices.SortStableFunc(a.findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return a.findings
}

// An audit is one run of Audit.
type audit struct {
	reg      *registry
	sample   func(*Route) *http.Request
	groups   []*group
	uses     []*use
	findings []Finding
}

// A group is the routes that have the same layers.
type group struct {
	*enabled
	routes []*Route
}

// A use is a key of a layer with the routes that it decides for.
type use struct {
	layer  placed
	key    string
	grant  *grant
	groups []*group
}

// newAudit collects what is in force now.
func newAudit(reg *registry) *audit {
	a := &audit{reg: reg, sample: func(*Route) *http.Request { return nil }}
	if s, ok := reg.adapter.(Sampler); ok {
		a.sample = s.Sampler()
	}
	groups := map[*enabled]*group{}
	for _, route := range reg.enabledRoutes() {
		e := route.enabled.Load()
		if e == nil {
			continue // since it was listed
		}
		for _, e := range append(e.viewsInOrder(), e) {
			g := groups[e]
			if g == nil {
				g = &group{enabled: e}
				groups[e] = g
				a.groups = append(a.groups, g)
			}
			g.routes = append(g.routes, route)
		}
	}
	type id struct {
		placed
		key string
	}
	uses := map[id]*use{}
	for _, group := range a.groups {
		group.eachKey(func(l placed, key string, g *grant) {
			if g == nil || !g.deny && !slices.ContainsFunc(group.routes, func(r *Route) bool { return group.opens(r, g) }) {
				return
			}
			u := uses[id{l, key}]
			if u == nil {
				u = &use{layer: l, key: key, grant: g}
				uses[id{l, key}] = u
				a.uses = append(a.uses, u)
			}
			u.groups = append(u.groups, group)
		})
	}
	return a
}

// opens reports whether g allows some method of route.
func (e *enabled) opens(route *Route, g *grant) bool {
	return !g.deny && (!e.covered || g.covers(route.method))
}

// routes returns those of u that which takes.
func (u *use) routes(which func(*Route) bool) (routes []*Route) {
	for _, g := range u.groups {
		for _, route := range g.routes {
			if g.opens(route, u.grant) && which(route) {
				routes = append(routes, route)
			}
		}
	}
	return routes
}

// report adds a finding about names, unless there are none.
func (a *audit) report(f Finding, names []string) {
	if len(names) > 0 {
		f.Route, f.More = names[0], len(names)-1
		a.findings = append(a.findings, f)
	}
}

func names(routes []*Route) (names []string) {
	for _, route := range routes {
		names = append(names, route.String())
	}
	return names
}

// owners names those to whom l was given, as far as routes know.
func (a *audit) owners(l placed, groups []*group) (owners []string) {
	if l.place >= inGroup {
		return []string{l.place.String()}
	}
	if l.place == inTree {
		return a.reg.treesWith(l.layer)
	}
	seen := map[string]bool{}
	for _, g := range groups {
		for _, route := range g.routes {
			name := route.String()
			if l.place == inResource {
				name = route.resource.String()
			}
			if !seen[name] {
				seen[name] = true
				owners = append(owners, name)
			}
		}
	}
	return owners
}

// dangers reports what is dangerous about the key of u.
func (a *audit) dangers(u *use) {
	credentials := u.grant.credentials
	if u.grant.deny || u.key == "*" && !credentials {
		return
	}
	pattern, _ := origin.ParsePattern(u.key) // Add took it; the zero Pattern for "*"
	found := dangersOf(u.key, pattern)
	if found&everyOrigin != 0 {
		found = everyOrigin // and so all the others
	}
	for _, d := range dangers {
		if found&d.danger == 0 {
			continue
		}
		f := Finding{Severity: SeverityNote, Code: d.code, Origin: u.key}
		f.Reason, f.Remedy, _ = strings.Cut(d.reason(u.key, pattern), "; ")
		suffix, _ := pattern.PublicSuffix()
		switch {
		case u.key == "*":
			f.Code = "every-origin"
		case d.danger == everyOrigin, d.danger == publicSuffix && !strings.Contains(suffix, "."):
			f.Code, f.Severity = "wide-pattern", SeverityWarning
		}
		switch {
		case credentials:
			f.Severity = SeverityWarning
		case d.danger == everyOrigin:
			f.Reason, f.Remedy = "the pattern matches hosts that anyone can have", `name the host, or write "*" if every website is meant`
		case d.danger == nullOrigin:
			f.Remedy = `leave it out, or write "*" if every website is meant`
		}
		a.report(f, a.owners(u.layer, u.groups))
	}
}

// unused reports keys that decide for no route, or the whole policy if none does.
func (a *audit) unused() {
	used := map[placed]map[string]bool{}
	for _, u := range a.uses {
		if used[u.layer] == nil {
			used[u.layer] = map[string]bool{}
		}
		used[u.layer][u.key] = true
	}
	given, owners := a.given()
	for _, l := range given {
		if len(used[l]) == 0 {
			a.report(Finding{Severity: SeverityWarning, Code: "unused-policy", Reason: "the policy decides for no route", Remedy: "leave it out, or add the routes that it is for"}, owners[l])
			continue
		}
		for key := range l.keys {
			if !used[l][key] {
				a.report(Finding{Severity: SeverityWarning, Code: "unused-policy", Origin: key, Reason: "the key decides for no route: nearer policies have the origin, or it names no method", Remedy: "leave it out"}, owners[l])
			}
		}
	}
}

// given returns the policies, the empty ones aside, and to whom they were given.
// Of those that stand behind a "*" of the same Add nothing is known.
func (a *audit) given() (layers []placed, by map[placed][]string) {
	by = map[placed][]string{}
	give := func(l placed, names []string) {
		if by[l] == nil && (len(l.grants) > 0 || l.star != nil) {
			layers, by[l] = append(layers, l), names
		}
	}
	sharing := map[placed][]*group{}
	for _, g := range a.groups {
		for _, l := range g.layers {
			sharing[l] = append(sharing[l], g)
		}
	}
	for _, g := range a.groups {
		for _, l := range g.layers {
			give(l, a.owners(l, sharing[l]))
		}
	}
	a.reg.mu.Lock()
	resources, outer := slices.Clone(a.reg.resources), slices.Clone(a.reg.outer)
	nearest := make([][]*layer, len(resources))
	for i, res := range resources {
		nearest[i] = res.layers[:res.nearest]
	}
	a.reg.mu.Unlock()
	for i, res := range resources {
		if res.inUse() { // else Verify reports it
			for _, l := range nearest[i] {
				give(placed{l, inResource}, []string{res.String()})
			}
		}
	}
	for _, l := range a.reg.treeLayers() {
		give(l, a.owners(l, nil))
	}
	for _, l := range outer {
		give(l, []string{l.place.String()})
	}
	return layers, by
}

// unservedMethods reports what AllowMethods names, and no route that has u serves.
func (a *audit) unservedMethods(u *use) {
	var unserved []string
	for _, m := range u.grant.methods {
		if !slices.ContainsFunc(u.groups, func(g *group) bool {
			return slices.ContainsFunc(g.routes, func(r *Route) bool { return a.serves(r, m) })
		}) {
			unserved = append(unserved, m)
		}
	}
	if unserved == nil {
		return
	}
	f := Finding{
		Severity: SeverityWarning, Code: "unserved-method", Origin: u.key,
		Reason: "AllowMethods names " + strings.Join(unserved, ", ") + ", but no route that the key decides for serves that",
		Remedy: "leave it out, or add the route that serves it",
	}
	if u.layer.place >= inGroup {
		f.Severity = SeverityNote
	}
	a.report(f, a.owners(u.layer, u.groups))
}

// serves reports whether the router runs route for method; true if it cannot be told.
func (a *audit) serves(route *Route, method string) bool {
	if route.method != "" && !(route.method == http.MethodGet && method == http.MethodHead) {
		return route.method == method
	}
	r := a.sample(route)
	if r == nil || a.reg.adapter.Resolve(r, method) == route {
		return true
	}
	// Of a pattern for all paths below one, the sample may be the one path that
	// another route has.
	deep, url := *r, *r.URL
	for _, path := range []*string{&url.Path, &url.RawPath} {
		if *path != "" {
			*path = strings.TrimSuffix(*path, "/") + "/~routecors~/~"
		}
	}
	deep.URL = &url
	return a.reg.adapter.Resolve(&deep, method) == route
}

// contentType reports where a page cannot send JSON.
func (a *audit) contentType(u *use) {
	if u.grant.allowsNames("content-type") {
		return
	}
	routes := u.routes(func(r *Route) bool {
		switch r.method {
		case http.MethodPut, http.MethodPatch:
			return true
		case http.MethodPost:
			return u.grant.allowHeaders != ""
		}
		return false
	})
	a.report(Finding{
		Severity: SeverityNote, Code: "content-type", Origin: u.key,
		Reason: "AllowHeaders does not name Content-Type, so that a page cannot send JSON",
		Remedy: "add Content-Type, if bodies are not forms or plain text",
	}, names(routes))
}

// formPost reports routes that any page can send a form to, with cookies.
func (a *audit) formPost(g *group) {
	credentials := ""
	g.eachKey(func(_ placed, key string, grant *grant) {
		if credentials == "" && grant != nil && grant.credentials && slices.ContainsFunc(g.routes, func(r *Route) bool { return g.opens(r, grant) }) {
			credentials = key
		}
	})
	if credentials == "" {
		return
	}
	var routes []*Route
	for _, route := range g.routes {
		if (route.method == "" || route.method == http.MethodPost) && a.serves(route, http.MethodPost) && !a.protected(route, http.MethodPost) {
			routes = append(routes, route)
		}
	}
	a.report(Finding{
		Severity: SeverityNote, Code: "form-post", Origin: credentials,
		Reason: "a page of any origin can send this POST with a form's content type and the user's cookies, whatever the policy",
		Remedy: "serve cors.Handler(cors.CrossOriginProtection().Handler(router)), which trusts the origins of the policy alone",
	}, names(routes))
}
