module github.com/routecors/routecors/examples/websocket

go 1.25.0

replace github.com/routecors/routecors => ../..

require (
	github.com/coder/websocket v1.8.15
	github.com/gorilla/websocket v1.5.3
	github.com/routecors/routecors v0.0.0-00010101000000-000000000000
)

require golang.org/x/net v0.58.0 // indirect
