from markovlens.abstractions.parts import split_fits

ABSTRACTION_FILES = ["machines.json", "decoded.parquet", "sweep.parquet"]
FIT_PARTS = split_fits(
    SEEDS, config["abstractions"]["methods"], n_parts=config["abstractions"]["parts"]
)


# A rule for each part: no wildcard stands in all the files of a part and says which they are.
for part, fits in enumerate(FIT_PARTS, start=1):

    rule:
        name:
            "abstractions_fit" if len(FIT_PARTS) == 1 else f"abstractions_fit_{part}"
        input:
            activations=activations_of("train", "valid", "test", seeds=fits),
            pods=of_seeds(fits, "embedding/pod.npz"),
            cards=of_seeds(fits, "network/card.json"),
            weights=of_seeds(fits, "network/weights.safetensors"),
            module=module_of_run,
            machines=[*machines_in_files(sum(fits.values(), [])).values()],
        output:
            [
                path
                for seed, methods in fits.items()
                for method in methods
                for path in of_seeds(
                    [seed], *[f"abstractions/{method}/{f}" for f in ABSTRACTION_FILES]
                )
            ],
        log:
            f"logs/abstractions_fit/{{task}}/{{model}}/part-{part}.log",
        benchmark:
            f"{RESULTS}/benchmarks/abstractions_fit/{{task}}/{{model}}/part-{part}.jsonl"
        conda:
            "../../envs/neural.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(60),
        params:
            code=code_of("abstractions_fit.py"),
            seed=config["seed"],
            layer=layer_of_run,
            own=own_of_run,
            fits=fits,
            files=machines_in_files(sum(fits.values(), [])),
            n_states=config["abstractions"]["n_states"],
            options=fit_options(),
        message:
            "Fit state machines to {wildcards.model} on {wildcards.task}"
        script:
            "../../scripts/abstractions_fit.py"
