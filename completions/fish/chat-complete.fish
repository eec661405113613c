function __chat-complete_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __chat-complete_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __chat-complete_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __chat-complete_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __chat-complete_parse_tokens -S
    set -l unparsed_tokens (__chat-complete_tokens -pc)
    switch $unparsed_tokens[1]
    case 'chat-complete'
        __chat-complete_parse_subcommand 1 'url=' 'model=' 'key-variable=' 'key-file=' 'no-key' 'send-key-in-clear' 'unix-socket=' 'connect-timeout=' 'silence=' 'timeout=' 'temperature=' 'top-p=' 'max-tokens=' 'max-completion-tokens=' 'seed=' 'stop=+' 'extra=' 'images' 'image-root=' 'max-image=' 'j/jobs=' 'requests-per-minute=' 'tokens-per-minute=' 'retries=' 'backoff=' 'max-backoff=' 'max-wait=' 'price=' 'budget=' 'token-budget=' 'journal=' 'unordered' 'z/compress' 'o/output=' 'level=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __chat-complete_parse_subcommand -r 1 'version'
        end
    end
end

function __chat-complete_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __chat-complete_parse_subcommand -S -a positional_count
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

function __chat-complete_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __chat-complete_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__chat-complete_tokens -p)
    if test -z "$(__chat-complete_tokens -t)"
        set -l index (count (__chat-complete_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'chat-complete' -f
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_positional "chat-complete" -eq 1' -F
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" url' -l 'url' -d 'Base URL of the server, such as http://localhost:8000/v1.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" model' -l 'model' -d 'The server\'s name for the model.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" key-variable' -l 'key-variable' -d 'Environment variable that holds the API key.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" key-file' -l 'key-file' -d 'Read the key from this file instead.' -rF
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" no-key' -l 'no-key' -d 'Send no key, even if the environment holds one.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" send-key-in-clear' -l 'send-key-in-clear' -d 'Allow the key to be sent to another machine over plain http.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" unix-socket' -l 'unix-socket' -d 'Connect to this Unix socket.' -rF
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" connect-timeout' -l 'connect-timeout' -d 'Longest wait for a connection.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" silence' -l 'silence' -d 'Longest wait for the next byte of a reply.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" timeout' -l 'timeout' -d 'Longest time for a whole request.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" temperature' -l 'temperature' -d 'Sampling temperature, for records without their own.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" top-p' -l 'top-p' -d 'Nucleus sampling: share of the probability, for records without their own.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" max-tokens' -l 'max-tokens' -d 'Longest reply in tokens, for records without their own limit.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" max-completion-tokens' -l 'max-completion-tokens' -d 'Longest reply in tokens, sent as max_completion_tokens.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" seed' -l 'seed' -d 'Seed for the server\'s sampling, for records without their own.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete"' -l 'stop' -d 'End replies before this text, for records without stop; may be repeated.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" extra' -l 'extra' -d 'Further members of requests, for records without them, such as {"top_k":20}.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" images' -l 'images' -d 'Send the images that records name, too.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" image-root' -l 'image-root' -d 'Send only images beneath this directory.' -rfa '(__chat-complete_complete_directories)'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" max-image' -l 'max-image' -d 'Largest image to send.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" j jobs' -s 'j' -l 'jobs' -d 'Number of concurrent requests.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" requests-per-minute' -l 'requests-per-minute' -d 'Limit of requests per minute, evenly spaced.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" tokens-per-minute' -l 'tokens-per-minute' -d 'Limit of tokens per minute, in prompts and replies.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" retries' -l 'retries' -d 'Number of retries for a request.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" backoff' -l 'backoff' -d 'Wait before the first retry; doubled for each further one.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" max-backoff' -l 'max-backoff' -d 'Longest wait between two attempts.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" max-wait' -l 'max-wait' -d 'Longest wait that a server may demand.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" price' -l 'price' -d 'Price of a million tokens, such as 0.15/0.60.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" budget' -l 'budget' -d 'Stop before spending more than this.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" token-budget' -l 'token-budget' -d 'Stop before using more tokens than this.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" journal' -l 'journal' -d 'Keep replies in this file, and do not repeat requests answered in it.' -rF
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" unordered' -l 'unordered' -d 'Write replies as they arrive, not in the order of the requests.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" max-line' -l 'max-line' -d 'Longest JSON line, and longest reply, to accept.' -rfka ''
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" version' -l 'version' -d 'Show the version.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_positional "chat-complete" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'chat-complete' -n '__chat-complete_should_offer_completions_for_flags_or_options "chat-complete help" version' -l 'version' -d 'Show the version.'
