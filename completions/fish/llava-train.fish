function __llava-train_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-train_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __llava-train_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-train_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __llava-train_parse_tokens -S
    set -l unparsed_tokens (__llava-train_tokens -pc)
    switch $unparsed_tokens[1]
    case 'llava-train'
        __llava-train_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'pretrain'
            __llava-train_parse_subcommand -r 1 'recipe=' 'print-recipe' 'shuffle' 'group-by-length' 'group-by-modality' 'mix=+' 'order=' 'write-order=' 'share-images' 'seed=' 'start=' 'max-length=' 'm/model=' 'vision=' 'projector=' 'language=' 'precision=' 'projector-type=' 'fresh-projector' 'optimizer=' 'lr=' 'projector-lr=' 'weight-decay=' 'betas=' 'eps=' 'muon-lr=' 'muon-momentum=' 'muon-adjust=' 'schedule=' 'warmup-ratio=' 'warmup-steps=' 'clip=' 'loss-norm=' 'eval=' 'eval-every=' 'keep-best' 'patience=' 'o/output=' 'steps=' 'epochs=' 'total-steps=' 'micro-batch=' 'accumulate=' 'save-every=' 'keep=' 'resume' 'resume-point' 'log=' 'tensorboard=' 'gradients=' 'gradients-step=' 'recompute=' 'memory=' 'dry-run' 'inspect=' 'j/threads=' 'rank-timeout=' 'strict' 'max-skips=' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        case 'finetune'
            __llava-train_parse_subcommand -r 1 'recipe=' 'print-recipe' 'shuffle' 'group-by-length' 'group-by-modality' 'mix=+' 'order=' 'write-order=' 'share-images' 'seed=' 'start=' 'max-length=' 'm/model=' 'vision=' 'projector=' 'language=' 'precision=' 'projector-type=' 'fresh-projector' 'lora=' 'lora-alpha=' 'lora-dropout=' 'rslora' 'lora-b-std=' 'adapter=' 'adapter-layout=' 'freeze-language' 'freeze-projector' 'train-vision' 'vision-lr=' 'optimizer=' 'lr=' 'projector-lr=' 'weight-decay=' 'betas=' 'eps=' 'muon-lr=' 'muon-momentum=' 'muon-adjust=' 'schedule=' 'warmup-ratio=' 'warmup-steps=' 'clip=' 'loss-norm=' 'eval=' 'eval-every=' 'keep-best' 'patience=' 'o/output=' 'steps=' 'epochs=' 'total-steps=' 'micro-batch=' 'accumulate=' 'save-every=' 'keep=' 'resume' 'resume-point' 'log=' 'tensorboard=' 'gradients=' 'gradients-step=' 'recompute=' 'memory=' 'dry-run' 'inspect=' 'j/threads=' 'rank-timeout=' 'strict' 'max-skips=' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        case 'help'
            __llava-train_parse_subcommand -r 1 'version'
        end
    end
end

function __llava-train_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __llava-train_parse_subcommand -S -a positional_count
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

function __llava-train_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __llava-train_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__llava-train_tokens -p)
    if test -z "$(__llava-train_tokens -t)"
        set -l index (count (__llava-train_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'llava-train' -f
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train" version' -l 'version' -d 'Show the version.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_positional "llava-train" -eq 1' -fa 'pretrain' -d 'Stage 1: train the projector while the tower and the language model are frozen.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_positional "llava-train" -eq 1' -fa 'finetune' -d 'Stage 2: train the projector and the language model, or a LoRA adapter for it.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_positional "llava-train" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_positional "llava-train pretrain" -ge 1' -F
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" recipe' -l 'recipe' -d 'Take the values of this published recipe where no option is given.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" print-recipe' -l 'print-recipe' -d 'Print the recipe\'s options and exit.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" shuffle' -l 'shuffle' -d 'Shuffle the records of files anew each epoch.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" group-by-length' -l 'group-by-length' -d 'Group records of similar length into steps.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" group-by-modality' -l 'group-by-modality' -d 'As --group-by-length, with image and text-only records kept apart.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain"' -l 'mix' -d 'Sample from several files by weight; an epoch ends when the largest was seen once.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" order' -l 'order' -d 'Visit records in the order of this file: a record number per line, from 0.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" write-order' -l 'write-order' -d 'Write the order of the first epoch, for --order.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" share-images' -l 'share-images' -d 'Let the records of one image in a micro-batch share its rows; --shuffle keeps them together.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" seed' -l 'seed' -d 'Seed for all random numbers; default: 0.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" start' -l 'start' -d 'Number, from 0, of the record that the input begins with; see --resume-point.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" max-length' -l 'max-length' -d 'Longest sequence in positions, images included; default: 2048.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" m model' -s 'm' -l 'model' -d 'The model directory; default: LLAVA_MODEL.' -rfa '(__llava-train_complete_directories)'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" projector' -l 'projector' -d 'Take the projector from this path.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" language' -l 'language' -d 'Take the language model from this path.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" precision' -l 'precision' -d 'Number format of matrix products: bf16 or f32.' -rfka 'bf16 f32'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" projector-type' -l 'projector-type' -d 'Type of a new projector: linear or mlpNx_gelu; default: mlp2x_gelu.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" fresh-projector' -l 'fresh-projector' -d 'Begin with a new projector even if the model has one.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" optimizer' -l 'optimizer' -d 'Optimiser: adamw, or muon for the matrices inside layers and adamw for the rest.' -rfka 'adamw muon'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" lr' -l 'lr' -d 'Learning rate; default: 1e-3 for a projector alone, 2e-4 for an adapter, else 2e-5.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" projector-lr' -l 'projector-lr' -d 'Learning rate of the projector; default: --lr.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" weight-decay' -l 'weight-decay' -d 'Weight decay, except of biases and norms; default: 0.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" betas' -l 'betas' -d 'AdamW\'s betas; default: 0.9,0.999.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" eps' -l 'eps' -d 'AdamW\'s epsilon; default: 1e-8.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" muon-lr' -l 'muon-lr' -d 'Learning rate of Muon, except for parts with their own; default: --lr.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" muon-momentum' -l 'muon-momentum' -d 'Muon\'s momentum; default: 0.95.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" muon-adjust' -l 'muon-adjust' -d 'How Muon scales the rate by a matrix\'s shape: original or match_rms_adamw; default: match_rms_adamw.' -rfka 'original match_rms_adamw'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" schedule' -l 'schedule' -d 'Learning rate schedule: cosine, linear or constant; default: cosine.' -rfka 'cosine linear constant'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" warmup-ratio' -l 'warmup-ratio' -d 'Warm-up, as a share of the steps; default: 0.03.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" warmup-steps' -l 'warmup-steps' -d 'Warm-up, in steps.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" clip' -l 'clip' -d 'Clip gradients to this norm; 0 for no clipping; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" loss-norm' -l 'loss-norm' -d 'Mean over the tokens of a step, or of each micro-batch\'s mean: token or micro; default: token.' -rfka 'micro token'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" eval' -l 'eval' -d 'Measure loss and accuracy on the held-out records of this file.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" eval-every' -l 'eval-every' -d 'Evaluate every so many steps, and at the end; default: only at the end.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" keep-best' -l 'keep-best' -d 'Keep the checkpoint of the lowest held-out loss, and make it the result.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" patience' -l 'patience' -d 'Stop after so many evaluations in a row without a new best.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" o output' -s 'o' -l 'output' -d 'The directory of the run.' -rfa '(__llava-train_complete_directories)'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" steps' -l 'steps' -d 'Number of steps of the run.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" epochs' -l 'epochs' -d 'Number of passes over all records; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" total-steps' -l 'total-steps' -d 'Number of steps to take from a pipe, over which the learning rate decays.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" micro-batch' -l 'micro-batch' -d 'Records per micro-batch; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" accumulate' -l 'accumulate' -d 'Gradient accumulation: micro-batches per step; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" save-every' -l 'save-every' -d 'Save a checkpoint every so many steps; 0 for never; default: 500.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" keep' -l 'keep' -d 'Number of checkpoints to keep; default: 2.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" resume' -l 'resume' -d 'Resume from the latest checkpoint in the directory.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" resume-point' -l 'resume-point' -d 'Print the number of the first record that a resumed run needs, and exit.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" log' -l 'log' -d 'Write one JSON line per step.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" tensorboard' -l 'tensorboard' -d 'Write TensorBoard event files to this directory.' -rfa '(__llava-train_complete_directories)'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" gradients' -l 'gradients' -d 'Write the gradients of a step as safetensors.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" gradients-step' -l 'gradients-step' -d 'The step whose gradients --gradients writes.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" recompute' -l 'recompute' -d 'Layers that recompute activations in the backward pass: auto, none, all, or a number.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" memory' -l 'memory' -d 'Memory that the run may use; default: what is free.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" dry-run' -l 'dry-run' -d 'Check the input, estimate time and memory, and exit.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" inspect' -l 'inspect' -d 'Print so many records as the model sees them, in the run\'s order, and exit.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" rank-timeout' -l 'rank-timeout' -d 'Seconds that ranks wait for each other before the job ends; 0 for no limit.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" version' -l 'version' -d 'Show the version.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train pretrain" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_positional "llava-train finetune" -ge 1' -F
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" recipe' -l 'recipe' -d 'Take the values of this published recipe where no option is given.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" print-recipe' -l 'print-recipe' -d 'Print the recipe\'s options and exit.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" shuffle' -l 'shuffle' -d 'Shuffle the records of files anew each epoch.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" group-by-length' -l 'group-by-length' -d 'Group records of similar length into steps.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" group-by-modality' -l 'group-by-modality' -d 'As --group-by-length, with image and text-only records kept apart.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune"' -l 'mix' -d 'Sample from several files by weight; an epoch ends when the largest was seen once.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" order' -l 'order' -d 'Visit records in the order of this file: a record number per line, from 0.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" write-order' -l 'write-order' -d 'Write the order of the first epoch, for --order.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" share-images' -l 'share-images' -d 'Let the records of one image in a micro-batch share its rows; --shuffle keeps them together.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" seed' -l 'seed' -d 'Seed for all random numbers; default: 0.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" start' -l 'start' -d 'Number, from 0, of the record that the input begins with; see --resume-point.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" max-length' -l 'max-length' -d 'Longest sequence in positions, images included; default: 2048.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" m model' -s 'm' -l 'model' -d 'The model directory; default: LLAVA_MODEL.' -rfa '(__llava-train_complete_directories)'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" projector' -l 'projector' -d 'Take the projector from this path.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" language' -l 'language' -d 'Take the language model from this path.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" precision' -l 'precision' -d 'Number format of matrix products: bf16 or f32.' -rfka 'bf16 f32'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" projector-type' -l 'projector-type' -d 'Type of a new projector: linear or mlpNx_gelu; default: mlp2x_gelu.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" fresh-projector' -l 'fresh-projector' -d 'Begin with a new projector even if the model has one.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" lora' -l 'lora' -d 'Train a LoRA adapter of this rank; the language model is frozen.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" lora-alpha' -l 'lora-alpha' -d 'The adapter is scaled by alpha / rank; default: twice the rank.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" lora-dropout' -l 'lora-dropout' -d 'Dropout rate of the adapter\'s inputs; default: 0.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" rslora' -l 'rslora' -d 'Divide alpha by the square root of the rank.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" lora-b-std' -l 'lora-b-std' -d 'Standard deviation of the initial B matrices; 0 for zeros.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" adapter' -l 'adapter' -d 'Continue training the adapter in this directory.' -rfa '(__llava-train_complete_directories)'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" adapter-layout' -l 'adapter-layout' -d 'Layout of the written adapter: peft or llava.' -rfka 'peft llava'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" freeze-language' -l 'freeze-language' -d 'Freeze the language model.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" freeze-projector' -l 'freeze-projector' -d 'Freeze the projector.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" train-vision' -l 'train-vision' -d 'Train the vision tower, too; the input holds pixels, from clip-encode --emit pixels.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" vision-lr' -l 'vision-lr' -d 'Learning rate of the vision tower, with --train-vision; default: --lr.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" optimizer' -l 'optimizer' -d 'Optimiser: adamw, or muon for the matrices inside layers and adamw for the rest.' -rfka 'adamw muon'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" lr' -l 'lr' -d 'Learning rate; default: 1e-3 for a projector alone, 2e-4 for an adapter, else 2e-5.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" projector-lr' -l 'projector-lr' -d 'Learning rate of the projector; default: --lr.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" weight-decay' -l 'weight-decay' -d 'Weight decay, except of biases and norms; default: 0.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" betas' -l 'betas' -d 'AdamW\'s betas; default: 0.9,0.999.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" eps' -l 'eps' -d 'AdamW\'s epsilon; default: 1e-8.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" muon-lr' -l 'muon-lr' -d 'Learning rate of Muon, except for parts with their own; default: --lr.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" muon-momentum' -l 'muon-momentum' -d 'Muon\'s momentum; default: 0.95.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" muon-adjust' -l 'muon-adjust' -d 'How Muon scales the rate by a matrix\'s shape: original or match_rms_adamw; default: match_rms_adamw.' -rfka 'original match_rms_adamw'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" schedule' -l 'schedule' -d 'Learning rate schedule: cosine, linear or constant; default: cosine.' -rfka 'cosine linear constant'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" warmup-ratio' -l 'warmup-ratio' -d 'Warm-up, as a share of the steps; default: 0.03.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" warmup-steps' -l 'warmup-steps' -d 'Warm-up, in steps.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" clip' -l 'clip' -d 'Clip gradients to this norm; 0 for no clipping; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" loss-norm' -l 'loss-norm' -d 'Mean over the tokens of a step, or of each micro-batch\'s mean: token or micro; default: token.' -rfka 'micro token'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" eval' -l 'eval' -d 'Measure loss and accuracy on the held-out records of this file.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" eval-every' -l 'eval-every' -d 'Evaluate every so many steps, and at the end; default: only at the end.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" keep-best' -l 'keep-best' -d 'Keep the checkpoint of the lowest held-out loss, and make it the result.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" patience' -l 'patience' -d 'Stop after so many evaluations in a row without a new best.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" o output' -s 'o' -l 'output' -d 'The directory of the run.' -rfa '(__llava-train_complete_directories)'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" steps' -l 'steps' -d 'Number of steps of the run.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" epochs' -l 'epochs' -d 'Number of passes over all records; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" total-steps' -l 'total-steps' -d 'Number of steps to take from a pipe, over which the learning rate decays.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" micro-batch' -l 'micro-batch' -d 'Records per micro-batch; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" accumulate' -l 'accumulate' -d 'Gradient accumulation: micro-batches per step; default: 1.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" save-every' -l 'save-every' -d 'Save a checkpoint every so many steps; 0 for never; default: 500.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" keep' -l 'keep' -d 'Number of checkpoints to keep; default: 2.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" resume' -l 'resume' -d 'Resume from the latest checkpoint in the directory.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" resume-point' -l 'resume-point' -d 'Print the number of the first record that a resumed run needs, and exit.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" log' -l 'log' -d 'Write one JSON line per step.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" tensorboard' -l 'tensorboard' -d 'Write TensorBoard event files to this directory.' -rfa '(__llava-train_complete_directories)'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" gradients' -l 'gradients' -d 'Write the gradients of a step as safetensors.' -rF
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" gradients-step' -l 'gradients-step' -d 'The step whose gradients --gradients writes.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" recompute' -l 'recompute' -d 'Layers that recompute activations in the backward pass: auto, none, all, or a number.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" memory' -l 'memory' -d 'Memory that the run may use; default: what is free.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" dry-run' -l 'dry-run' -d 'Check the input, estimate time and memory, and exit.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" inspect' -l 'inspect' -d 'Print so many records as the model sees them, in the run\'s order, and exit.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" rank-timeout' -l 'rank-timeout' -d 'Seconds that ranks wait for each other before the job ends; 0 for no limit.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" version' -l 'version' -d 'Show the version.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train finetune" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-train' -n '__llava-train_should_offer_completions_for_flags_or_options "llava-train help" version' -l 'version' -d 'Show the version.'
