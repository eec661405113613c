function __convo-format_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __convo-format_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __convo-format_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __convo-format_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __convo-format_parse_tokens -S
    set -l unparsed_tokens (__convo-format_tokens -pc)
    switch $unparsed_tokens[1]
    case 'convo-format'
        __convo-format_parse_subcommand -r 1 'from=' 'ask=+' 'ask-file=' 'm/model=' 'template=' 'recipe=' 'print-recipe' 'template-for=' 'image-key=' 'system=' 'image-position=' 'seed=' 'image-markers' 'train' 'compat=' 'tokenizer=' 'image-tokens=' 'max-length=' 'special=' 'separators=' 'start=' 'shard=' 'skip-done=' 'repair' 'show-mask' 'check' 'json' 'plain' 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __convo-format_parse_subcommand -r 1 'version'
        end
    end
end

function __convo-format_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __convo-format_parse_subcommand -S -a positional_count
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

function __convo-format_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __convo-format_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__convo-format_tokens -p)
    if test -z "$(__convo-format_tokens -t)"
        set -l index (count (__convo-format_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'convo-format' -f
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_positional "convo-format" -ge 1' -F
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" from' -l 'from' -d 'The input\'s format.' -rfka 'auto jsonl array paths paths0 csv tsv tar'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format"' -l 'ask' -d 'Question to ask about every record; may be repeated. {KEY} is its member KEY, {{ a literal brace.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" ask-file' -l 'ask-file' -d 'Ask the questions in this file, one per line.' -rF
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" m model' -s 'm' -l 'model' -d 'Use the template of this model; default: LLAVA_MODEL.' -rfa '(__convo-format_complete_directories)'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" template' -l 'template' -d 'Conversation template (default: the model\'s).' -rfka 'default v0 llava_v0 v0_mmtag v1 vicuna_v1 llava_v1 v1_mmtag llama_2 llava_llama_2 mistral_instruct mpt chatml_direct mistral_direct plain v0_plain'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" recipe' -l 'recipe' -d 'Use the settings of this LLaVA recipe.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" print-recipe' -l 'print-recipe' -d 'Print the recipe as options of the tools, and exit.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" template-for' -l 'template-for' -d 'Choose the template by this model name.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" image-key' -l 'image-key' -d 'Member or column with the image, for records without an image member.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" system' -l 'system' -d 'Replace the template\'s system prompt.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" image-position' -l 'image-position' -d 'Position of images in the prompt (default: the recipe\'s, else first).' -rfka 'keep first after random'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" seed' -l 'seed' -d 'Seed for random image positions.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" image-markers' -l 'image-markers' -d 'Put images between <im_start> and <im_end>.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" train' -l 'train' -d 'Make training sequences, with loss masks.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" compat' -l 'compat' -d 'Reproduce this reference implementation.' -rfka 'reference-v0'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" tokenizer' -l 'tokenizer' -d 'Add token ids from this tokeniser, a model directory or a file.' -rF
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" image-tokens' -l 'image-tokens' -d 'Feature rows per image (default: the model\'s).' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" max-length' -l 'max-length' -d 'Longest sequence, in tokens and feature rows.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" special' -l 'special' -d 'How to treat names of special tokens in texts.' -rfka 'error text allow'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" separators' -l 'separators' -d 'How to treat the template\'s separators in texts.' -rfka 'warn error'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" start' -l 'start' -d 'Number of records to skip at the beginning.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" shard' -l 'shard' -d 'Take only the K-th of N equal, contiguous parts of the input.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" skip-done' -l 'skip-done' -d 'Leave out records whose id is in this JSONL file, which need not exist.' -rF
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" repair' -l 'repair' -d 'Remove an unfinished record from the end of the --skip-done file.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" show-mask' -l 'show-mask' -d 'Print each token and whether it is trained on, instead of records.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" check' -l 'check' -d 'Print the faults of the records, by reason, instead of records.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" json' -l 'json' -d 'Print the findings of --check as JSON.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" plain' -l 'plain' -d 'Write plain JSONL.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal (default).'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" version' -l 'version' -d 'Show the version.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_positional "convo-format" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'convo-format' -n '__convo-format_should_offer_completions_for_flags_or_options "convo-format help" version' -l 'version' -d 'Show the version.'
