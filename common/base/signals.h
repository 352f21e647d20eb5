/// USR1 and TERM (and INT) ask a tool to stop at a safe place: long work polls stop_requested() and, where it can
/// resume, checkpoints and returns kResume. A second signal kills at once. SIGPIPE is ignored (writes fail instead).
#pragma once

namespace gradus {

void install_signal_handlers();
bool stop_requested();
int stop_signal();            // the signal, 0 if none
void request_stop();          // for tests and for other ranks' news

}  // namespace gradus
