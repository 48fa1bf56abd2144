module github.com/routecors/routecors

go 1.25.0

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/google/go-cmp v0.7.0
	golang.org/x/net v0.58.0
)
