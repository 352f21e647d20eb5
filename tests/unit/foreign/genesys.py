# The block protocol of Genesys; the names are known without an import, too.
def protocol():
    from model_discovery.model.utils.modules import GABBase, GAUBase, UnitDecl, gau_test

    return GABBase, GAUBase, UnitDecl, gau_test


def check_units():
    _, Base, Decl, test = protocol()

    class Child(Base):
        def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):
            self.factory_kwargs = {"device": device, "dtype": dtype}
            super().__init__(embed_dim, block_loc, kwarg_all)
            self.linear = nn.Linear(embed_dim, embed_dim, **self.factory_kwargs)

        def _forward(self, X, scale=None, **Z):
            assert Z == {}, "only what is named comes in"
            Y = self.linear(X) if scale is None else self.linear(X) * scale
            return Y, {"seen": True, "scale": 3.0}

    class Root(Base):
        def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):
            self.factory_kwargs = {"device": device, "dtype": dtype}
            super().__init__(embed_dim, block_loc, kwarg_all)
            self.child = Child(
                embed_dim=self.embed_dim, block_loc=self.block_loc, kwarg_all=self.kwarg_all, **self.factory_kwargs,
                **self.kwarg_all)

        def _forward(self, X, **Z):
            Z["scale"] = 2.0
            Y, Z = self.child(X, **Z)
            assert Z["seen"] and Z["scale"] == 3.0
            return X + Y

    root = Root(4, (0, 2), {"extra": 1})
    x = data(2, 3, 4)
    Y, Z = root(x, other=5)
    close(Y, x + root.child.linear(x) * 2)
    assert Z == {"other": 5} and root.block_loc == (0, 2) and root.kwarg_all == {"extra": 1}
    assert "batch, seqlen, embed_dim" in raises(AssertionError, lambda: root(x[0]))
    raises(AssertionError, lambda: root(data(2, 3, 5)))
    assert [n for n, _ in root.named_parameters()] == ["child.linear.weight", "child.linear.bias"]
    wide = Child(4, (0, 1), {}, dtype=torch.float64)
    assert wide(x)[0].dtype == torch.float64


def check_shapes_and_types():
    _, Base, _, _ = protocol()

    class Bad(Base):
        result = None

        def _forward(self, X, **Z):
            return self.result

    bad = Bad(4, (0, 1), {})
    x = data(2, 3, 4)
    bad.result = x[:, :2]
    assert "shape" in raises(AssertionError, lambda: bad(x))
    bad.result = (x, [1])
    raises(AssertionError, lambda: bad(x))
    raises(NotImplementedError, lambda: Base(4, (0, 1), {})(x))
    raises(TypeError, lambda: Base(4))


def check_block():
    Base, _, _, _ = protocol()

    class GAB(Base):
        def __init__(self, embed_dim, block_loc, device=None, dtype=None, **kwargs):
            super().__init__(embed_dim, block_loc)
            self.last = block_loc[0] == block_loc[1] - 1

        def _forward(self, X, **Z):
            return 2 * X, {"depth": Z.get("depth", 0) + 1}

    x = data(2, 3, 4)
    Z = {}
    for n in range(3):
        y, Z = GAB(4, (n, 3))(x, **Z)
    assert Z == {"depth": 3}
    close(y, 2 * x)


def check_declarations_and_tests():
    _, _, Decl, test = protocol()
    CHILDREN_DECLARATIONS = [Decl(unitname="Norm", requirements="", inputs=["X"], outputs=["Y"])]
    assert CHILDREN_DECLARATIONS[0].unitname == "Norm" and CHILDREN_DECLARATIONS[0].outputs == ["Y"]

    @test
    def test_unit(device=None, dtype=None):
        return device, dtype

    assert test_unit(dtype=3) == (None, 3)


def check_bare_names():
    class Unit(GAUBase):
        def _forward(self, X, **Z):
            return X

    @gau_test
    def nothing():
        pass

    assert issubclass(Unit, GAUBase) and issubclass(GABBase, nn.Module) and UnitDecl(unitname="A").unitname == "A"
    assert GAUBase is protocol()[1]
