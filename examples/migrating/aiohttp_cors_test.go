package migrating

var aiohttpCORS = []row{}
