package eventlog

// check asks Config.Check about a row that could be read.
func (l *Log) check(row *Row) error {
	if l.cfg.Check == nil {
		return nil
	}
	activity := ""
	if row.JSON == nil {
		activity = l.names.name(row.Activity)
	}
	return l.cfg.Check(row, activity)
}
