package chicors

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/routecors/routecors"
)

// A viewChain is the inline middlewares of With and Group with a View inside. They are
// the router's affair, so that they must not hide what the user gave it.
type viewChain struct {
	*chi.ChainHandler
	routecors.View
}

func (c viewChain) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.ChainHandler.ServeHTTP(w, r) }

// Unwrap returns the chain, as chi makes it.
func (c viewChain) Unwrap() http.Handler { return c.ChainHandler }

// withView returns h, as a View if it has one inside.
func withView(h http.Handler) http.Handler {
	if chain, ok := h.(*chi.ChainHandler); ok {
		if view, ok := chain.Endpoint.(routecors.View); ok {
			return viewChain{chain, view}
		}
	}
	return h
}
