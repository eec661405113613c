// How the process ends where nothing can be computed any more.
// SPDX-License-Identifier: Apache-2.0
#ifndef LAST_WORDS_H
#define LAST_WORDS_H

enum last_words { last_words_memory, last_words_file_changed };

// Removes the temporary files, writes the line and exits with `status`; safe in signal handlers.
_Noreturn void llava_end_with_last_words(enum last_words which, int status);

#endif
