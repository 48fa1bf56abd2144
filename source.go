package routecors

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// How a policy that is kept elsewhere comes into force.
//
// It is loaded, checked as Add checks one, compiled, and then put in the place of the
// last one with a single atomic store. A request reads it once, and is answered by
// what it has read. So no answer is half of the one and half of the other; where any
// step fails, the last good one stays.
//
// Loads run one after the other. One that begins later sees the table as it is later,
// and no policy is replaced by an older one.

// A Source is a layer of policy that is loaded from somewhere, such as a table in a
// database, and loaded again while the router serves. Source makes one; the zero value
// is of no use. All methods are safe for concurrent use.
//
// An origin that a refresh removes gets nothing of any response from then on. What a
// browser has kept of a preflight it may go by until MaxAge is over: it may send, and not read.
type Source struct {
	config *CorsConfig
	live   *live
	load   func(context.Context) (Policy, error)
	reg    *registry

	busy      chan struct{} // holds one value while a load is running
	compiler  *registry     // of this source alone; used by who is busy
	last      *layer        // that compiler made; used by who is busy
	begun     atomic.Int64  // loads so far
	good      atomic.Int64  // the last load that came into force
	refreshed atomic.Pointer[time.Time]
}

// Source returns a Source that is loaded by load, once before it returns. It fails if
// that does, or with all that is wrong in the policy, each a *ConfigError.
//
// load is never called twice at a time by one Source, and should heed its context. The
// policy that it returns is copied. An empty one, nil too, opens nothing.
func (c *CorsConfig) Source(ctx context.Context, load func(context.Context) (Policy, error)) (*Source, error) {
	if load == nil {
		return nil, &ConfigError{Route: "source", Reason: "nil load; give the function that returns the policy"}
	}
	s := &Source{
		live: &live{},
		load: load,
		reg:  c.reg,
		busy: make(chan struct{}, 1),
		compiler: &registry{
			settings: settings{trusted: c.reg.settings.trusted},
			layers:   map[fingerprint]*layer{},
			grants:   map[fingerprint]*grant{},
			notes:    map[*layer][]*ConfigError{},
			seeds:    [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		},
	}
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	s.config = c.withLive(s.live)
	return s, nil
}

// Config returns the registry that Source was called on with the policy as one more
// layer of defaults, nearer than those that it has: as Group does, for the routes that
// are added through it.
func (s *Source) Config() *CorsConfig { return s.config }

// Refresh loads the policy again, and returns when it is in force; what is loaded is
// at least as new as the call. A policy that equals the one in force changes nothing.
//
// If load fails or panics, or the policy is one that Add would refuse, the one in force
// stays. The error is returned, and logged through WithLogger at level Error,
// "routecors: policy not refreshed".
func (s *Source) Refresh(ctx context.Context) error {
	err := s.refresh(ctx)
	if logger := s.config.reg.settings.logger; err != nil && logger != nil {
		logger.LogAttrs(ctx, slog.LevelError, "routecors: policy not refreshed",
			slog.String("error", err.Error()),
			slog.Time("refreshed", s.Refreshed()))
	}
	return err
}

func (s *Source) refresh(ctx context.Context) error {
	need := s.begun.Load() + 1
	select {
	case s.busy <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("routecors: source: waiting for another load: %w", context.Cause(ctx))
	}
	defer func() { <-s.busy }()
	if s.good.Load() >= need {
		return nil // by a load that began after this call
	}
	number, at := s.begun.Add(1), time.Now()
	p, err := s.call(ctx)
	if err != nil {
		return fmt.Errorf("routecors: source: %w", err)
	}
	p, found := withoutResourcePolicy(p)
	l, errs := s.compiler.compile(p, "source")
	clear(s.compiler.grants) // what an old policy alone had is not kept
	if found != nil {
		clear(s.compiler.notes)
		clear(s.compiler.layers)
	}
	if errs = append(errs, found...); errs != nil {
		return errors.Join(errs...)
	}
	if l.timing {
		s.reg.timing.Store(true)
	}
	if l != s.last {
		for print, old := range s.compiler.layers {
			if old != l {
				delete(s.compiler.layers, print)
			}
		}
		delete(s.compiler.notes, s.last)
		s.last = l
		s.live.policy.Store(l)
	}
	s.good.Store(number)
	s.refreshed.Store(&at)
	return nil
}

// withoutResourcePolicy returns p without what layers that are not fixed have none of,
// and an error for each key that has it.
func withoutResourcePolicy(p Policy) (Policy, []error) {
	var errs []*ConfigError
	for key, o := range p {
		if o.CrossOriginResourcePolicy == "" {
			continue
		}
		if errs == nil {
			p = maps.Clone(p)
		}
		errs = append(errs, &ConfigError{Route: "source", Origin: key, Field: "CrossOriginResourcePolicy", Value: o.CrossOriginResourcePolicy, Reason: fixedResourcePolicy})
		o.CrossOriginResourcePolicy = ""
		p[key] = o
	}
	if errs == nil {
		return p, nil
	}
	return p, inOrder(errs)
}

// call is load, of which a panic is an error.
func (s *Source) call(ctx context.Context) (p Policy, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return s.load(ctx)
}

// RefreshEvery calls Refresh every interval, give or take a tenth, so that many
// programs which start together do not stay together. It returns when ctx ends, with
// the cause; it is meant for a goroutine of its own. A load has half a minute, or
// interval if that is longer.
func (s *Source) RefreshEvery(ctx context.Context, interval time.Duration) error {
	if interval <= 0 {
		return &ConfigError{Route: "source", Reason: "interval " + interval.String() + ": give how often to refresh"}
	}
	for {
		wait := time.NewTimer(time.Duration(float64(interval) * (0.9 + 0.2*rand.Float64())))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return context.Cause(ctx)
		}
		limited, cancel := context.WithTimeout(ctx, max(interval, 30*time.Second))
		s.Refresh(limited) // it logs its error
		cancel()
	}
}

// Refreshed returns when the load began by which the policy in force was last found to
// be that of the source.
func (s *Source) Refreshed() time.Time { return *s.refreshed.Load() }
