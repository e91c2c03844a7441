// Package eventpb writes events as protocol buffers: the message cairn.event.v1.Event, which is described
// in proto/cairn/event/v1/event.proto of this module, for readers in any language.
//
// There is no generated Go code here: it would register itself when it is imported, and would make a
// second struct of each event for the wire to be made from. [Append] writes the wire form from the event
// itself, and the tests read it back with what the protobuf compiler makes of the .proto file.
package eventpb
