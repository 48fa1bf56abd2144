package routecors

import (
	"cmp"
	"errors"
	"slices"
)

// treesWith names the trees that were added with l.
func (reg *registry) treesWith(l *layer) (names []string) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	for _, t := range reg.trees {
		if slices.Contains(t.layers, l) {
			names = append(names, t.String())
		}
	}
	return names
}

// treeLayers returns the layers of trees that are in use: Verify reports the others.
func (reg *registry) treeLayers() (layers []placed) {
	idle := reg.idleTrees()
	reg.mu.Lock()
	defer reg.mu.Unlock()
	for _, t := range reg.trees {
		if !slices.Contains(idle, t) {
			layers = appendTrees(layers, []*Tree{t})
		}
	}
	return layers
}

// idleTrees returns each tree that no open route is below.
func (reg *registry) idleTrees() []*Tree {
	routes := reg.enabledRoutes()
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if len(reg.trees) == 0 {
		return nil
	}
	reg.depth = reg.adapter.(TreeAdapter).Depths(false)
	defer func() { reg.depth = nil }()
	idle := slices.Clone(reg.trees)
	for _, route := range routes {
		trees := reg.treesOf(route)
		idle = slices.DeleteFunc(idle, func(t *Tree) bool { return slices.Contains(trees, t) })
	}
	return idle
}

// uncovered returns a problem for each route that a tree would cover, had the router taken
// a handler for its preflights.
func (reg *registry) uncovered() (problems []problem) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	for route, err := range reg.failed {
		var why *ConfigError
		if route.enabled.Load() == nil && errors.As(err, &why) && reg.coveringLayers(route) != nil {
			problems = append(problems, problem{SeverityError, "uncovered-route", &ConfigError{
				Route: why.Route, Reason: "is not covered by its resource or tree: " + why.Reason,
			}})
		}
	}
	slices.SortFunc(problems, func(a, b problem) int { return cmp.Compare(a.err.Route, b.err.Route) })
	return problems
}
