function __llava-eval_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-eval_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __llava-eval_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-eval_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __llava-eval_parse_tokens -S
    set -l unparsed_tokens (__llava-eval_tokens -pc)
    switch $unparsed_tokens[1]
    case 'llava-eval'
        __llava-eval_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'scienceqa'
            __llava-eval_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'prompt'
                __llava-eval_parse_subcommand 1 'format=' 'splits=' 'split=' 'task=' 'test' 'ask-letter' 'array' 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
            case 'second'
                __llava-eval_parse_subcommand 1 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
            case 'join'
                __llava-eval_parse_subcommand 1 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
            case 'score'
                __llava-eval_parse_subcommand 1 'problems=' 'splits=' 'split=' 'json' 'guess=' 'details=' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
            case 'requery'
                __llava-eval_parse_subcommand 0 'problems=' 'splits=' 'split=' 'ours=' 'other=' 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
            case 'combine'
                __llava-eval_parse_subcommand 0 'problems=' 'splits=' 'split=' 'ours=' 'other=' 'scheme=' 'judge=' 'json' 'guess=' 'details=' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
            end
        case 'judge'
            __llava-eval_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'prompt'
                __llava-eval_parse_subcommand 0 'questions=' 'reference=' 'candidate=' 'context=' 'rule=' 'swap' 'repeat=' 'seed=' 'temperature=' 'max-tokens=' 'compat' 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
            case 'score'
                __llava-eval_parse_subcommand -r 1 'against=+' 'bootstrap=' 'seed=' 'details=' 'json' 'compat' 'o/output=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
            end
        case 'help'
            __llava-eval_parse_subcommand -r 1 'version'
        end
    end
end

function __llava-eval_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __llava-eval_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __llava-eval_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __llava-eval_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__llava-eval_tokens -p)
    if test -z "$(__llava-eval_tokens -t)"
        set -l index (count (__llava-eval_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'llava-eval' -f
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval" -eq 1' -fa 'scienceqa' -d 'ScienceQA: questions with choices about science.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval" -eq 1' -fa 'judge' -d 'Have a chat model score two models\' answers.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa" -eq 1' -fa 'prompt' -d 'Make records from the problems, in any of LLaVA\'s formats.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa" -eq 1' -fa 'second' -d 'Make the prompts of the second pass from the reasons of the first.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa" -eq 1' -fa 'join' -d 'Join the reasons and the answers of the two passes into one text.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa" -eq 1' -fa 'score' -d 'Score a model\'s answers in the paper\'s nine columns.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa" -eq 1' -fa 'requery' -d 'Make requests for a judge where two models\' answers differ.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa" -eq 1' -fa 'combine' -d 'Score two models\' answers together, by the paper\'s two schemes.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa prompt" -eq 1' -F
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" format' -l 'format' -d 'Code of the prompt format; see the manual page.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" splits' -l 'splits' -d 'Take the split from this file, pid_splits.json.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" split' -l 'split' -d 'The split, such as test; without --splits, the problems\' own member decides.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" task' -l 'task' -d 'Form of the records: llava (conversations) or jsonl (instruction and output).' -rfka 'llava jsonl'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" test' -l 'test' -d 'Leave the answers out.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" ask-letter' -l 'ask-letter' -d 'Ask for the option\'s letter alone, as LLaVA 1.5 is asked.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" array' -l 'array' -d 'Write one JSON array, indented like the reference\'s.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa prompt" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa second" -eq 1' -F
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa second" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa join" -eq 1' -F
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa join" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval scienceqa score" -eq 1' -F
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" problems' -l 'problems' -d 'The file problems.json of ScienceQA.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" splits' -l 'splits' -d 'Take the split from this file, pid_splits.json.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" split' -l 'split' -d 'The split, such as test; without --splits, the problems\' own member decides.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" json' -l 'json' -d 'Write a JSON object.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" guess' -l 'guess' -d 'Guess with this seed where an answer names no choice.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" details' -l 'details' -d 'Write the outcome of each problem, as JSONL.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa score" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" problems' -l 'problems' -d 'The file problems.json of ScienceQA.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" splits' -l 'splits' -d 'Take the split from this file, pid_splits.json.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" split' -l 'split' -d 'The split, such as test; without --splits, the problems\' own member decides.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" ours' -l 'ours' -d 'The answers of our model.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" other' -l 'other' -d 'The answers of the other model, GPT-4 in the paper.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa requery" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" problems' -l 'problems' -d 'The file problems.json of ScienceQA.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" splits' -l 'splits' -d 'Take the split from this file, pid_splits.json.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" split' -l 'split' -d 'The split, such as test; without --splits, the problems\' own member decides.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" ours' -l 'ours' -d 'The answers of our model.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" other' -l 'other' -d 'The answers of the other model, GPT-4 in the paper.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" scheme' -l 'scheme' -d 'How two answers are combined: complement or judge.' -rfka 'complement judge'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" judge' -l 'judge' -d 'The judge\'s answers, for the scheme judge.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" json' -l 'json' -d 'Write a JSON object.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" guess' -l 'guess' -d 'Guess with this seed where an answer names no choice.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" details' -l 'details' -d 'Write the outcome of each problem, as JSONL.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval scienceqa combine" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval judge" -eq 1' -fa 'prompt' -d 'Make requests for a chat model to score two models\' answers.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval judge" -eq 1' -fa 'score' -d 'Summarise the reviews of a judge.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" questions' -l 'questions' -d 'JSONL of questions with question_id, text and category.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" reference' -l 'reference' -d 'JSONL of the answers to compare with, such as those of a text-only GPT-4.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" candidate' -l 'candidate' -d 'JSONL of the answers to judge.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" context' -l 'context' -d 'JSONL of descriptions of the questions\' images.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" rule' -l 'rule' -d 'Rubrics by category (default: the bundled ones).' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" swap' -l 'swap' -d 'Request a review for each order of the two answers.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" repeat' -l 'repeat' -d 'Number of times to request each review.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" seed' -l 'seed' -d 'Seed of the first request; each repetition adds 1.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" temperature' -l 'temperature' -d 'Sampling temperature of the judge.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" max-tokens' -l 'max-tokens' -d 'Longest review, in tokens.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" compat' -l 'compat' -d 'Match files by line number and send no seed, as the reference does.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge prompt" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_positional "llava-eval judge score" -ge 1' -F
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score"' -l 'against' -d 'Compare with the reviews of another model; may be repeated.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" bootstrap' -l 'bootstrap' -d 'Bootstrap resamples for the confidence intervals; 0 for no intervals.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" seed' -l 'seed' -d 'Seed for the bootstrap.' -rfka ''
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" details' -l 'details' -d 'Write a line for each review, as JSONL.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" json' -l 'json' -d 'Write a JSON object.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" compat' -l 'compat' -d 'Count and print as the reference does.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" version' -l 'version' -d 'Show the version.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval judge score" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-eval' -n '__llava-eval_should_offer_completions_for_flags_or_options "llava-eval help" version' -l 'version' -d 'Show the version.'
