package routecors

import (
	"errors"
	"slices"
	"strconv"
)

// A RouteVerifier is a RouterAdapter that helps CorsConfig.Verify.
type RouteVerifier interface {
	RouterAdapter

	// Verifier returns a function that reports why no request is known that a route
	// would serve, or, with preflights, why those to it would not arrive where they
	// are answered if the router is served without CorsConfig.Handler. The text is a
	// reason and, after a semicolon, a remedy. What it needs of the router as a whole
	// it may read once.
	Verifier() func(route *Route, preflights bool) error
}

// Verify reports what was added and does not work as it was meant, before a
// request shows it: each route that another shadows, or that stands in a wrapper
// where Resolve cannot see it; each pattern whose preflights would not arrive. The
// last it leaves out once Handler was called: call it after. It also notes a MaxAge
// that browsers cut, and a Dangerously… option that no policy needs. What it looks
// at are sample requests: it cannot find all that may go wrong. Audit also reports
// what works, but may not be meant.
func (c *CorsConfig) Verify() error {
	var errs []error
	for _, p := range c.verify() {
		errs = append(errs, p.err)
	}
	return errors.Join(errs...)
}

// A problem is what Verify reports.
type problem struct {
	severity Severity
	code     string
	err      *ConfigError
}

func (c *CorsConfig) verify() (problems []problem) {
	fail := func(code string, e Entity, reason string) {
		problems = append(problems, problem{SeverityError, code, &ConfigError{Route: e.String(), Reason: reason}})
	}
	bare := !c.reg.fronted.Load()
	routes := c.reg.enabledRoutes()
	if bare && c.reg.settings.withoutOPTIONS {
		bare = false
		if slices.ContainsFunc(routes, func(r *Route) bool { return !r.receivesOPTIONS() }) {
			problems = append(problems, problem{SeverityError, "no-preflights", &ConfigError{Reason: "nothing answers preflights: with WithoutSyntheticOPTIONS, serve through CorsConfig.Handler"}})
		}
	}
	verify := func(*Route, bool) error { return nil }
	if v, ok := c.reg.adapter.(RouteVerifier); ok {
		verify = v.Verifier()
	}
	noted := map[*layer]bool{}
	for _, route := range routes {
		e := route.enabled.Load()
		if e == nil {
			continue // since it was listed
		}
		layers := e.layers
		for _, v := range e.viewsInOrder() {
			layers = append(slices.Clip(layers), v.layers...)
		}
		if len(layers) == 0 {
			fail("no-policy", route, "was added, but no policy, group or default lists an origin; give Add a policy")
		}
		for _, l := range layers {
			if !noted[l.layer] {
				noted[l.layer] = true
				problems = append(problems, c.reg.notesOf(l.layer)...)
			}
		}
		if err := verify(route, bare); err != nil {
			code := "unreachable-route"
			if bare && verify(route, false) == nil {
				code = "lost-preflights"
			}
			fail(code, route, err.Error())
		}
	}
	for _, res := range c.reg.idle() {
		fail("idle-resource", res, "was added, but opens none of its routes; name methods in AllowMethods, or add the routes")
	}
	for _, t := range c.reg.idleTrees() {
		fail("idle-tree", t, "was added, but no route is below it that is open; name methods in AllowMethods, or add the routes")
	}
	problems = append(problems, c.reg.uncovered()...)
	return append(problems, c.reg.needless()...)
}

func (reg *registry) notesOf(l *layer) (problems []problem) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	for _, note := range reg.notes[l] {
		problems = append(problems, problem{SeverityNote, "max-age", note})
	}
	return problems
}

// idle returns each resource that opens none of its routes.
func (reg *registry) idle() (idle []*Resource) {
	reg.mu.Lock()
	resources := slices.Clone(reg.resources)
	reg.mu.Unlock()
	for _, res := range resources {
		if !res.inUse() {
			idle = append(idle, res)
		}
	}
	return idle
}

// inUse reports whether some route of res is open.
func (res *Resource) inUse() bool {
	res.mu.Lock()
	defer res.mu.Unlock()
	return slices.ContainsFunc(res.routes, func(r *Route) bool { return r.enabled.Load() != nil })
}

// needless returns a problem for each danger that Setup was told to accept, and
// that no policy has.
func (reg *registry) needless() (problems []problem) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if len(reg.live) > 0 {
		return nil // who knows what they need
	}
	for _, d := range dangers {
		if reg.settings.trusted&^reg.settings.needed&d.danger != 0 {
			problems = append(problems, problem{SeverityWarning, "needless-option", &ConfigError{Route: "Setup", Reason: d.option + " is not needed by any policy; leave it out"}})
		}
	}
	return problems
}

// note returns what is worth a note of Verify; nil if nothing is.
func (o ResourceOptions) note(route, key string) *ConfigError {
	if o.MaxAge <= 7200 {
		return nil
	}
	return &ConfigError{Route: route, Origin: key, Field: "MaxAge", Value: strconv.Itoa(o.MaxAge), Reason: "Chromium keeps a preflight for 7200 seconds (2 hours) at most; write 7200 or less"}
}
