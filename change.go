package routecors

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A Change is one thing that pages of an origin may do under one policy and not under
// another, or for longer.
type Change struct {
	// Origin is the key that decides, of the two policies the more specific. Where keys
	// of both overlap, the change may hold for some of its origins only.
	Origin string `json:"origin"`

	// Field is a field of ResourceOptions, or "" for the origin as a whole. Old and New
	// are its values. Of a list, Change is about one element: Old is "" if it is new, and New
	// is "" if it is gone; "*" is every one. The origin as a whole is "allowed", "denied",
	// "unlisted", or "inherited" where a layer further away decides that is not known.
	// CrossOriginResourcePolicy is the route's, and Origin "*".
	Field string `json:"field,omitempty"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`

	// Widens says that a page may do more than before. A longer MaxAge is not more: it
	// is for longer.
	Widens bool `json:"widens"`
}

// What becomes of an origin as a whole.
const (
	allowed   = "allowed"
	denied    = "denied"
	unlisted  = "unlisted"
	inherited = "inherited"
)

// String says it in words: "https://app.example" may now send x-csrf-token.
func (c Change) String() string {
	origin, now := strconv.Quote(c.Origin), "may now "
	name := cmp.Or(c.New, c.Old)
	if !c.Widens {
		now = "may no longer "
	}
	every := func(things string) string {
		if name == "*" {
			return "every " + things
		}
		return name
	}
	switch c.Field {
	case "AllowCredentials":
		return origin + " " + now + "use credentials"
	case "AllowMethods":
		return origin + " " + now + "use " + every("method")
	case "AllowHeaders":
		return origin + " " + now + "send " + every("header")
	case "ExposeHeaders":
		return origin + " " + now + "read " + every("response header")
	case "AllowTiming":
		return origin + " " + now + "see timings"
	case "CrossOriginResourcePolicy":
		return origin + ": CrossOriginResourcePolicy is now " + strconv.Quote(c.New) + ", was " + strconv.Quote(c.Old)
	case "MaxAge":
		return origin + ": MaxAge is now " + c.New + ", was " + c.Old
	}
	switch {
	case c.New == allowed && c.Old == denied:
		return origin + " is no longer denied, but allowed"
	case c.New == allowed && c.Old == inherited:
		return origin + " is now allowed, whatever the layers further away say"
	case c.New == allowed, c.New == denied:
		return origin + " is now " + c.New
	case c.New == inherited && c.Old == denied:
		return origin + " is no longer denied, but left to the layers further away"
	case c.New == inherited:
		return origin + " is left to the layers further away"
	case c.Old == denied:
		return origin + " is no longer denied, but listed nowhere"
	}
	return origin + " is no longer allowed"
}

// Diff returns what pages may do more, or less, under the policy that new is than under
// old: sorted, empty if there is no difference. It looks at what the policies decide,
// not at how they are written: a key without effect, or another order of a list, is
// no change, and where a key is removed, what decides in its place is compared.
//
// Further are the layers further away, the nearest first, the same for both. If none
// is given, they are not known, and an origin that new leaves to them, and old did
// not, counts as widened. Diff(old, new, nil) says that there are none.
//
// No page may do more under new unless some Change has Widens. The reverse is not
// certain for keys that are regular expressions: which origins two of them share is not
// decided, so that a Change may be about origins that do not exist. AllowMethods is
// compared for routes without a method, and for those that a Resource covers;
// CrossOriginResourcePolicy for those that both policies open. A key that Setup refuses
// counts as left out.
func Diff(old, new Policy, further ...Policy) []Change {
	var end *grant
	if len(further) == 0 {
		end = outOfSight
	}
	a, b := []*layer{looseLayer(old)}, []*layer{looseLayer(new)}
	for _, p := range further {
		l := looseLayer(p)
		a, b = append(a, l), append(b, l)
	}
	return diff(
		side{layers: a, end: end, methods: anyRoute, resourcePolicy: resourcePolicyIn(a, end != nil)},
		side{layers: b, end: end, methods: anyRoute, resourcePolicy: resourcePolicyIn(b, end != nil)})
}

// changes are what differs, collected.
type changes struct {
	list []Change
	seen map[Change]bool
}

func (c *changes) add(change Change) {
	if !c.seen[change] {
		c.seen[change] = true
		c.list = append(c.list, change)
	}
}

// sorted orders by key, "*" last, then whole origins first, what widens first, and by name.
func (c *changes) sorted() []Change {
	fields := []string{"", "AllowCredentials", "AllowMethods", "AllowHeaders", "ExposeHeaders", "AllowTiming", "MaxAge", "CrossOriginResourcePolicy"}
	first := func(b bool) int {
		if b {
			return 0
		}
		return 1
	}
	slices.SortFunc(c.list, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(first(a.Origin != "*"), first(b.Origin != "*")), cmp.Compare(a.Origin, b.Origin),
			cmp.Compare(slices.Index(fields, a.Field), slices.Index(fields, b.Field)),
			cmp.Compare(first(a.Widens), first(b.Widens)),
			cmp.Compare(a.Old, b.Old), cmp.Compare(a.New, b.New))
	})
	return c.list
}

// compare adds what differs between a page that a decides for and one that b does.
func (c *changes) compare(key string, a, b verdict) {
	if a.state != b.state {
		// What is not known may be more than anything.
		c.add(Change{key, "", a.state, b.state, b.state == allowed || b.state == inherited})
	}
	if b.state != allowed {
		return
	}
	if a.state != allowed {
		a = verdict{methods: b.defaultMethods()}
		a.grant = &grant{maxAge: b.maxAge}
	}
	if a.credentials != b.credentials {
		c.add(Change{key, "AllowCredentials", strconv.FormatBool(a.credentials), strconv.FormatBool(b.credentials), b.credentials})
	}
	for i := range b.methods {
		c.lists(key, "AllowMethods", a.methods[i], b.methods[i])
	}
	old, now := a.options(), b.options()
	c.lists(key, "AllowHeaders", old.AllowHeaders, now.AllowHeaders)
	c.lists(key, "ExposeHeaders", old.ExposeHeaders, now.ExposeHeaders)
	if a.timing != b.timing {
		c.add(Change{key, "AllowTiming", strconv.FormatBool(a.timing), strconv.FormatBool(b.timing), b.timing})
	}
	if a.maxAge != b.maxAge {
		c.add(Change{key, "MaxAge", strconv.Itoa(old.MaxAge), strconv.Itoa(now.MaxAge), false})
	}
}

func (c *changes) lists(key, field string, old, now []string) {
	has := func(list []string, name string) bool { return isStar(list) || slices.Contains(list, name) }
	for _, name := range now {
		if !has(old, name) {
			c.add(Change{key, field, "", name, true})
		}
	}
	for _, name := range old {
		if !has(now, name) {
			c.add(Change{key, field, name, "", false})
		}
	}
}

// A WideningError says what would widen. Update and Apply return it, where Setup was
// given RefuseWidening.
type WideningError struct {
	Changes []RouteChange // those that widen alone
}

// Error lists the changes.
func (e *WideningError) Error() string {
	var b strings.Builder
	b.WriteString("routecors: refused, since it widens what pages may do:")
	for _, r := range e.Changes {
		for _, line := range strings.Split(r.String(), "\n") {
			b.WriteString("\n\t" + line)
		}
	}
	return b.String()
}

// A RouteChange is what changes for one route.
type RouteChange struct {
	Route   string   `json:"route"` // as its String gives it; from Apply, as AllRoutes lists it
	Changes []Change `json:"changes"`
}

// String returns one line for each change, "PUT /articles/{id}: " in front.
func (r RouteChange) String() string {
	lines := make([]string, len(r.Changes))
	for i, change := range r.Changes {
		lines[i] = r.Route + ": " + change.String()
	}
	return strings.Join(lines, "\n")
}
