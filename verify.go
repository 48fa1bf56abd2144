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
	// are answered if the router is served without CorsConfig.Handler. What it needs
	// of the router as a whole it may read once.
	Verifier() func(route *Route, preflights bool) error
}

// Verify reports what was added and does not work as it was meant, before a
// request shows it: each route that another shadows, or that stands in a wrapper
// where Resolve cannot see it; each pattern whose preflights would not arrive. The
// last it leaves out once Handler was called: call it after. It also notes a MaxAge
// that browsers cut, and a Dangerously… option that no policy needs. What it looks
// at are sample requests: it cannot find all that may go wrong.
func (c *CorsConfig) Verify() error {
	var errs []error
	fail := func(e Entity, reason string) {
		errs = append(errs, &ConfigError{Route: e.String(), Reason: reason})
	}
	bare := !c.reg.fronted.Load()
	routes := c.reg.enabledRoutes()
	if bare && c.reg.settings.withoutOPTIONS {
		bare = false
		if slices.ContainsFunc(routes, func(r *Route) bool { return !r.receivesOPTIONS() }) {
			errs = append(errs, &ConfigError{Reason: "nothing answers preflights: with WithoutSyntheticOPTIONS, serve through CorsConfig.Handler"})
		}
	}
	verify := func(*Route, bool) error { return nil }
	if v, ok := c.reg.adapter.(RouteVerifier); ok {
		verify = v.Verifier()
	}
	noted := map[*layer]bool{}
	for _, route := range routes {
		layers := route.enabled.Load().layers
		if len(layers) == 0 {
			fail(route, "was added, but no policy, group or default lists an origin; give Add a policy")
		}
		for _, l := range layers {
			if !noted[l.layer] {
				noted[l.layer] = true
				errs = append(errs, c.reg.notesOf(l.layer)...)
			}
		}
		if err := verify(route, bare); err != nil {
			fail(route, err.Error())
		}
	}
	errs = append(errs, c.reg.idle()...)
	return errors.Join(append(errs, c.reg.needless()...)...)
}

func (reg *registry) notesOf(l *layer) []error {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	return reg.notes[l]
}

// idle returns an error for each resource that opens none of its routes.
func (reg *registry) idle() (errs []error) {
	reg.mu.Lock()
	resources := slices.Clone(reg.resources)
	reg.mu.Unlock()
	for _, res := range resources {
		res.mu.Lock()
		if !slices.ContainsFunc(res.routes, func(r *Route) bool { return r.enabled.Load() != nil }) {
			errs = append(errs, &ConfigError{Route: res.String(), Reason: "was added, but opens none of its routes; name methods in AllowMethods, or add the routes"})
		}
		res.mu.Unlock()
	}
	return errs
}

// needless returns an error for each danger that Setup was told to accept, and
// that no policy has.
func (reg *registry) needless() (errs []error) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	for _, d := range dangers {
		if reg.settings.trusted&^reg.settings.needed&d.danger != 0 {
			errs = append(errs, &ConfigError{Route: "Setup", Reason: d.option + " is not needed by any policy; leave it out"})
		}
	}
	return errs
}

// note returns what is worth a note of Verify; nil if nothing is.
func (o ResourceOptions) note(route, key string) error {
	if o.MaxAge <= 7200 {
		return nil
	}
	return &ConfigError{Route: route, Origin: key, Field: "MaxAge", Value: strconv.Itoa(o.MaxAge), Reason: "Chromium keeps a preflight for 7200 seconds (2 hours) at most; write 7200 or less"}
}
