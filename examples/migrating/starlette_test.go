package migrating

var starletteCORS = []row{}
