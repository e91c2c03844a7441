package smallgroup

import "slices"

// Crowd knows whether the customers of a group are too few to be shown, and no more: it keeps no customer beyond [Min], and takes no memory of its own. The zero
// value has none.
type Crowd struct {
	size, named uint8 // of the customers, and of those that are known
	known       [Min]uint64
}

// Add adds an event of the customer; 0 is a customer who is not known, and each event of one is one.
func (c *Crowd) Add(who uint64) {
	if c.size >= Min {
		return
	}
	if who != 0 {
		if slices.Contains(c.known[:c.named], who) {
			return
		}
		c.known[c.named] = who
		c.named++
	}
	c.size++
}

// Merge adds the customers of o.
func (c *Crowd) Merge(o *Crowd) {
	for _, who := range o.known[:o.named] {
		c.Add(who)
	}
	for range o.size - o.named {
		c.Add(0)
	}
}

// Enough reports whether there are so many customers that the group is shown. Further ones change nothing.
func (c *Crowd) Enough() bool { return c.size >= Min }

// Few reports whether there are customers, and too few to be shown.
func (c *Crowd) Few() bool { return Small(int64(c.size)) }
