package filestore

// Hold takes the turn of the store until release is called.
func (s *Store) Hold() (release func()) {
	s.turn <- struct{}{}
	return s.unlock
}
