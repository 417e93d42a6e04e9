import pytest
import torch

from gnnpool.heads import Head, build_head, constant_widths, gradual_widths

MODEL = {"layers": 3, "channels": 100, "activation": "relu"}


def test_gradual_widths_follow_the_example_of_the_paper():
    assert gradual_widths(300, layers=3, step=100) == [300, 200, 100, 100]
    assert gradual_widths(400, layers=3, step=100) == [400, 300, 200, 100]


def test_constant_widths_narrow_at_once():
    assert constant_widths(300, layers=3, channels=100) == [300, 100, 100, 100]


def widths_of(layers):
    linear = [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
    return [linear[0].in_features] + [layer.out_features for layer in linear]


def test_the_decoder_mirrors_the_head():
    head = build_head(
        MODEL,
        {"head": "gradual", "encoder_decoder": {"weight": 1.0, "detach": False}},
        pooled=400,
        operator=100,
    )
    assert widths_of(head.layers) == [400, 300, 200, 100]
    assert widths_of(head.decoder) == [100, 200, 300, 400]
    assert isinstance(head.decoder[-1], torch.nn.Linear)


def test_the_decoder_loss_is_the_weighted_mean_absolute_error_of_each_graph():
    torch.manual_seed(0)
    head = Head([6, 4], activation="silu", decoder_weight=0.5)
    pooled = torch.randn(3, 6)
    value, loss = head(pooled)
    assert value.shape == loss.shape == (3,)
    decoded = head.decoder(head.layers(pooled))
    torch.testing.assert_close(loss, 0.5 * (decoded - pooled).abs().mean(1))


@pytest.mark.parametrize("detach", [False, True])
def test_detaching_fixes_the_target_of_the_decoder(detach):
    torch.manual_seed(0)
    head = Head([5, 5], activation="relu", decoder_weight=1.0, detach=detach)
    pooled = torch.randn(2, 5, requires_grad=True)
    torch.nn.init.zeros_(head.layers[0].weight)  # no way from the loss to the pooled vector but the target
    head(pooled)[1].sum().backward()
    assert bool(pooled.grad.abs().sum() == 0) is detach


def test_a_head_without_decoder_has_no_loss():
    head = build_head(MODEL, {}, pooled=100, operator=100)
    assert head(torch.zeros(2, 100))[1] is None
