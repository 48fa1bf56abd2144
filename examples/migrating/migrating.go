// Package migrating is the way over for users of other CORS libraries: MIGRATING.md
// says of each of their settings what to write with routecors. It holds tests alone.
// They run every row of MIGRATING.md, those of rs/cors, go-chi/cors and gin-contrib/cors
// beside the library itself.
package migrating
