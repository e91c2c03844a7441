package console

// state returns a name of the table's state, and a channel that is closed when there is a newer one.
func (c *Console) state() (string, <-chan struct{}) {
	return "", nil
}
