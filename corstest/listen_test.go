package corstest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func listen(t *testing.T, h http.Handler) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
