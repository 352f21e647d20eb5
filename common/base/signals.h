/// USR1 and TERM (and INT) ask a tool to stop at a safe place: long work polls stop_requested() and, where it can
/// resume, checkpoints and returns kResume. A second TERM or INT, 1.5 s later or more, kills at once (a Ctrl-C comes
/// twice, from the terminal and from a launcher; a second USR1 says nothing new). SIGPIPE is ignored (writes fail
/// instead).
#pragma once

namespace gradus {

void install_signal_handlers();
bool stop_requested();
int stop_signal();    // the signal, 0 if none
void request_stop();  // for tests and for other ranks' news

}  // namespace gradus
