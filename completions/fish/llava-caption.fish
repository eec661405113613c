function __llava-caption_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-caption_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __llava-caption_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-caption_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __llava-caption_parse_tokens -S
    set -l unparsed_tokens (__llava-caption_tokens -pc)
    switch $unparsed_tokens[1]
    case 'llava-caption'
        __llava-caption_parse_subcommand -r 1 'include=+' 'exclude=+' 'list=' 'from=' 'image-key=' 'm/model=' 'ask=+' 'ask-file=' 'choose' 'weight=+' 'template=' 'system=' 'max-tokens=' 'temperature=' 'top-p=' 'seed=' 'batch=' 'prefix=' 'suffix=' 'require=+' 'forbid=+' 'retry=' 'j/threads=' 'jsonl=' 'tsv=' 'sidecar=' 'full-names' 'existing=' 'joint=' 'print-pipeline' 'strict' 'max-skips=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __llava-caption_parse_subcommand -r 1 'version'
        end
    end
end

function __llava-caption_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __llava-caption_parse_subcommand -S -a positional_count
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

function __llava-caption_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __llava-caption_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__llava-caption_tokens -p)
    if test -z "$(__llava-caption_tokens -t)"
        set -l index (count (__llava-caption_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'llava-caption' -f
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_positional "llava-caption" -ge 1' -F
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption"' -l 'include' -d 'In directories, take files that match this shell pattern; may be repeated.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption"' -l 'exclude' -d 'Leave out files and directories that match this pattern; may be repeated.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" list' -l 'list' -d 'Also take the pictures in this list: CSV, TSV, JSONL or paths; - is stdin.' -rF
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" from' -l 'from' -d 'The list\'s format.' -rfka 'auto jsonl array paths paths0 csv tsv tar'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" image-key' -l 'image-key' -d 'The column or member of --list that holds the picture\'s path.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" m model' -s 'm' -l 'model' -d 'The model; default: LLAVA_MODEL.' -rfa '(__llava-caption_complete_directories)'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption"' -l 'ask' -d 'What to ask about each picture; may be repeated (default: Describe this image.). {image.name} is the file\'s name, {{ a literal brace.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" ask-file' -l 'ask-file' -d 'Ask the questions in this file, one per line.' -rF
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" choose' -l 'choose' -d 'Ask one question about each picture, chosen by --seed and the path.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption"' -l 'weight' -d 'With --choose, the weight of a question; give one for each, in order.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" template' -l 'template' -d 'Conversation template (default: the model\'s).' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" system' -l 'system' -d 'Replace the template\'s system prompt.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" max-tokens' -l 'max-tokens' -d 'Longest answer, in tokens.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" temperature' -l 'temperature' -d 'Sampling temperature; 0 is greedy.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" top-p' -l 'top-p' -d 'Nucleus sampling: share of the probability to sample from.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" seed' -l 'seed' -d 'Seed for sampling and for --choose.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" batch' -l 'batch' -d 'Sequences decoded together.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" prefix' -l 'prefix' -d 'Put this before every answer.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" suffix' -l 'suffix' -d 'Put this after every answer.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption"' -l 'require' -d 'Warn of answers without this text; may be repeated.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption"' -l 'forbid' -d 'Warn of answers with this text; may be repeated.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" retry' -l 'retry' -d 'Sample a rejected answer again, up to this many times, before the warning.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" j threads' -s 'j' -l 'threads' -d 'Threads per tool; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" jsonl' -l 'jsonl' -d 'Write JSONL to this file, or append to it; - is stdout.' -rF
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" tsv' -l 'tsv' -d 'Write a tab-separated table to this file, or append to it; - is stdout.' -rF
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" sidecar' -l 'sidecar' -d 'Write a file beside each picture, with this extension (.txt).' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" full-names' -l 'full-names' -d 'With --sidecar, keep the picture\'s extension before the suffix: a.jpg.txt.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" existing' -l 'existing' -d 'What to do with existing captions: skip, overwrite, append or prepend.' -rfka 'skip overwrite append prepend'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" joint' -l 'joint' -d 'Separator between answers in one file, and before appended text (default: a line break).' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" print-pipeline' -l 'print-pipeline' -d 'Print a shell pipeline that gives the same captions, instead of running it.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" strict' -l 'strict' -d 'Stop at the first picture that would be skipped.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" version' -l 'version' -d 'Show the version.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_positional "llava-caption" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'llava-caption' -n '__llava-caption_should_offer_completions_for_flags_or_options "llava-caption help" version' -l 'version' -d 'Show the version.'
