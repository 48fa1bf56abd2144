package main

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/routecors/routecors"
)

// A Collector is a prometheus.Collector of the counters of a CorsConfig.
type Collector struct{ counters *routecors.Counters }

// NewCollector returns a collector to register once for each Setup.
func NewCollector(cors *routecors.CorsConfig) *Collector { return &Collector{cors.Counters()} }

var refusals = prometheus.NewDesc("cors_refusals_total",
	"Preflights that were refused, and actual requests whose response was not shared.",
	[]string{"route", "reason", "preflight"}, nil)

// Describe implements prometheus.Collector.
func (c *Collector) Describe(descs chan<- *prometheus.Desc) { descs <- refusals }

// Collect implements prometheus.Collector. Two routes may read alike, in chi one of
// the router and one of a sub-router: Prometheus takes each set of labels once.
func (c *Collector) Collect(metrics chan<- prometheus.Metric) {
	type labels struct {
		route, reason string
		preflight     bool
	}
	sums := map[labels]uint64{}
	for n := range c.counters.All() {
		l := labels{"", n.Reason.String(), n.Preflight}
		if n.Route != nil {
			l.route = n.Route.String()
		}
		sums[l] += n.Count
	}
	for l, sum := range sums {
		metrics <- prometheus.MustNewConstMetric(refusals, prometheus.CounterValue, float64(sum),
			l.route, l.reason, strconv.FormatBool(l.preflight))
	}
}
