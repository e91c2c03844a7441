package console

import "strconv"

// state returns the name of the table's state, and a channel that is closed when there is a newer one.
func (c *Console) state() (string, <-chan struct{}) {
	edition, next := c.table.Edition()
	return strconv.FormatUint(edition, 10), next
}
