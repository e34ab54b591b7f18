package sqlstore

// A PostgresAddress is where a database may be that a connection string names.
type PostgresAddress struct {
	Host     string // a name, an IP address, or the folder of a Unix socket
	Port     uint16
	Database string
}

// PostgresAddresses returns every address that a connection to dsn may go to, as
// far as the string, the environment and service files say. It makes no connection.
// Errors do not repeat the string.
func PostgresAddresses(dsn string) ([]PostgresAddress, error) {
	cfg, _, err := parsePostgres(dsn)
	if err != nil {
		return nil, err
	}
	all := []PostgresAddress{{cfg.Host, cfg.Port, cfg.Database}}
	for _, f := range cfg.Fallbacks {
		next := PostgresAddress{f.Host, f.Port, cfg.Database}
		if next != all[len(all)-1] { // the same with another kind of TLS
			all = append(all, next)
		}
	}
	return all, nil
}
