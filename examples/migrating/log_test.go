package migrating

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
)

// lines counts what is logged.
var lines counter

type counter struct{ atomic.Int64 }

func (c *counter) Write(text []byte) (int, error) {
	c.Add(1)
	return len(text), nil
}

// logs gets whether anything is logged of a preflight by a page of origin.
func logs(origin, request string) func(*testing.T, http.Handler) string {
	ask := preflight("status", origin, request)
	return func(t *testing.T, h http.Handler) string {
		before := lines.Load()
		ask(t, h)
		if lines.Load() == before {
			return "nothing"
		}
		return "logged"
	}
}

var logger = slog.New(slog.NewTextHandler(&lines, nil))
