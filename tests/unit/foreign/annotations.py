# What is imported for its looks.
def check_progress():
    from tqdm import tqdm, trange
    from tqdm.auto import tqdm as again

    assert (
        list(tqdm([1, 2], disable=True)) == [1, 2]
        and list(again([1])) == [1]
        and list(trange(3, disable=True)) == [0, 1, 2]
    )
    with tqdm(total=3, disable=True) as bar:
        bar.update(2)


def check_versions():
    from packaging import version
    from packaging.version import Version, parse

    order = ["1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.0.1", "1.10", "2.0"]
    assert [str(v) for v in sorted(parse(v) for v in reversed(order))] == order
    assert version.parse("2.1.0") == Version("2.1") and version.parse("2.1.0+cu118") >= version.parse("2.1.0")
    assert Version("2.15.0").major == 2 and Version("2.15.0").minor == 15
    raises(ValueError, lambda: parse("main"))


def check_contraction():
    from opt_einsum import contract

    a, b, c = data(2, 3, seed=1), data(3, 4, seed=2), data(4, seed=3)
    close(contract("ij,jk,k->i", a, b, c), a @ b @ c)


def check_annotations():
    from beartype import beartype
    from jaxtyping import Float, Int, jaxtyped
    from torchtyping import TensorType, patch_typeguard
    from typeguard import typechecked

    patch_typeguard()

    @jaxtyped(typechecker=beartype)
    def twice(x: Float[torch.Tensor, "b t"], n: Int[torch.Tensor, ""] = None) -> TensorType["b", "t"]:
        return 2 * x

    @beartype
    @typechecked
    def thrice(x: Float[torch.Tensor, "..."]) -> torch.Tensor:
        return 3 * x

    x = data(2, 3)
    close(twice(thrice(x)), 6 * x)
