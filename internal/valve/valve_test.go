package valve

import "testing"

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestAValveTurns(t *testing.T) {
	var v Valve
	check := func(shut bool) {
		t.Helper()
		if v.IsShut() != shut || isClosed(v.WhenShut()) != shut || isClosed(v.WhenOpen()) == shut {
			t.Errorf("shut %v: %v, %v, %v", shut, v.IsShut(), isClosed(v.WhenShut()), isClosed(v.WhenOpen()))
		}
	}
	check(false)
	waiting := v.WhenShut()
	if v.Open() || !v.Shut() || v.Shut() {
		t.Error("it says the wrong thing of a turn")
	}
	check(true)
	if !isClosed(waiting) {
		t.Error("who waited for it to shut was not told")
	}
	waiting = v.WhenOpen()
	if !v.Open() || !isClosed(waiting) {
		t.Error("who waited for it to open was not told")
	}
	check(false)
}

func TestAValveThatWasNeverAskedTurns(t *testing.T) {
	var v Valve
	if !v.Shut() || !isClosed(v.WhenShut()) || isClosed(v.WhenOpen()) {
		t.Error("it is not shut")
	}
}
