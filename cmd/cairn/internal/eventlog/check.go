package eventlog

// check passes a row to Config.Check.
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
