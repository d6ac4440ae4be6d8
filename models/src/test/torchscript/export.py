"""Exports networks of the kinds that score payments, each as torch.jit exports it in five ways.

Run on the side of whoever makes models: python export.py, into ./out, with torch 2.13. What the
inspector tests load are some of these files, and the operators that it allows are those that all
of them, and those of export_operators.py, contain.
"""
import torch, torch.nn as nn, torch.nn.functional as F, math, os, warnings
from typing import Optional, Tuple, List
warnings.filterwarnings("ignore")
torch.manual_seed(1)
V,T,S=12,8,3
class Mlp(nn.Module):
    def __init__(s, act, norm=None, drop=0.1):
        super().__init__()
        L=[nn.Linear(V,32)]
        if norm: L.append(norm)
        L+= [act, nn.Dropout(drop), nn.Linear(32,1)]
        s.net=nn.Sequential(*L)
    def forward(s,x): return s.net(x)
class Res(nn.Module):
    def __init__(s):
        super().__init__(); s.i=nn.Linear(V,16); s.b=nn.ModuleList([nn.Linear(16,16) for _ in range(3)]); s.o=nn.Linear(16,1)
        s.n=nn.LayerNorm(16)
    def forward(s,x):
        h=F.relu(s.i(x))
        for b in s.b: h=h+F.gelu(b(s.n(h)))
        return s.o(h).squeeze(-1)
class Gru(nn.Module):
    def __init__(s, kind=nn.GRU, bi=False, layers=2):
        super().__init__(); s.r=kind(S,16,layers,batch_first=True,bidirectional=bi,dropout=.1); s.o=nn.Linear(V+(32 if bi else 16),1)
    def forward(s,x,q):
        h,_=s.r(q)
        return s.o(torch.cat([x,h[:,-1]],1))
class SeqOnly(nn.Module):
    def __init__(s):
        super().__init__(); s.r=nn.GRU(S,16,batch_first=True); s.o=nn.Linear(16,1)
    def forward(s,q):
        _,h=s.r(q); return s.o(h[-1]).squeeze(1)
class Cell(nn.Module):
    def __init__(s):
        super().__init__(); s.c=nn.GRUCell(S,16); s.l=nn.LSTMCell(S,16); s.o=nn.Linear(32+V,1)
    def forward(s,x,q):
        h=torch.zeros(x.shape[0],16); a=torch.zeros(x.shape[0],16); b=torch.zeros_like(a)
        for i in range(q.shape[1]):
            h=s.c(q[:,i],h); a,b=s.l(q[:,i],(a,b))
        return s.o(torch.cat([x,h,a],dim=-1))
class Tr(nn.Module):
    def __init__(s, nf=True, act="relu"):
        super().__init__(); s.p=nn.Linear(S,16); s.pos=nn.Parameter(torch.randn(1,T,16)*.1)
        s.e=nn.TransformerEncoder(nn.TransformerEncoderLayer(16,4,32,0.1,act,batch_first=True,norm_first=nf),2,enable_nested_tensor=False); s.o=nn.Linear(V+16,1)
    def forward(s,x,q):
        h=s.e(s.p(q)+s.pos); return s.o(torch.cat((x,h.mean(1)),-1))
class Att(nn.Module):
    "hand-written attention, key padding mask, sdpa"
    def __init__(s,sdpa):
        super().__init__(); s.sdpa=sdpa; s.p=nn.Linear(S,16); s.qkv=nn.Linear(16,48); s.f=nn.Sequential(nn.Linear(16,32),nn.SiLU(),nn.Linear(32,16)); s.n1=nn.LayerNorm(16); s.n2=nn.LayerNorm(16); s.o=nn.Linear(16+V,1)
    def forward(s,x,q):
        pad=(q.abs().sum(-1)==0)
        h=s.p(q); B,L,D=h.shape
        a,b,c=s.qkv(s.n1(h)).reshape(B,L,3,4,4).permute(2,0,3,1,4).unbind(0)
        if s.sdpa: z=F.scaled_dot_product_attention(a,b,c)
        else:
            w=(a@b.transpose(-2,-1))/math.sqrt(4.)
            w=w.masked_fill(pad[:,None,None,:],-1e9)
            z=torch.softmax(w,-1)@c
        h=h+z.transpose(1,2).reshape(B,L,D)
        h=h+s.f(s.n2(h))
        m=(~pad).float().unsqueeze(-1)
        h=(h*m).sum(1)/m.sum(1).clamp(min=1.)
        return s.o(torch.cat([x,h],-1))
class MHA(nn.Module):
    def __init__(s):
        super().__init__(); s.p=nn.Linear(S,16); s.a=nn.MultiheadAttention(16,4,batch_first=True); s.o=nn.Linear(16+V,1)
        s.register_buffer("mask",torch.triu(torch.ones(T,T,dtype=torch.bool),1))
    def forward(s,x,q):
        h=s.p(q); h,_=s.a(h,h,h,attn_mask=s.mask,need_weights=False); return s.o(torch.cat([x,h[:,-1,:]],-1))
class AE(nn.Module):
    def __init__(s,vae=False):
        super().__init__(); s.e=nn.Sequential(nn.Linear(V,8),nn.Tanh(),nn.Linear(8,4)); s.d=nn.Sequential(nn.Linear(4,8),nn.ELU(),nn.Linear(8,V)); s.register_buffer("scale",torch.ones(V)); s.t=nn.Parameter(torch.tensor(1.0)); s.vae=vae
    def forward(s,x):
        r=s.d(s.e(x)); err=((r-x)*s.scale).pow(2).mean(dim=1,keepdim=True); return torch.log(err+1e-6)-s.t
class Emb(nn.Module):
    "numeric + categorical columns, FT-transformer-like"
    def __init__(s):
        super().__init__(); s.emb=nn.ModuleList([nn.Embedding(10,4) for _ in range(3)]); s.bag=nn.EmbeddingBag(10,4); s.w=nn.Parameter(torch.randn(V-3,4)); s.b=nn.Parameter(torch.zeros(V-3,4)); s.cls=nn.Parameter(torch.zeros(1,1,4)); s.a=nn.TransformerEncoderLayer(4,2,8,0.,F.gelu,batch_first=True,norm_first=True); s.o=nn.Linear(4,1)
    def forward(s,x):
        num=x[:,:V-3]; cat=x[:,V-3:].long().clamp(0,9)
        toks=[]
        for i,e in enumerate(s.emb): toks.append(e(cat[:,i]))
        t=torch.stack(toks,1)
        n=num.unsqueeze(-1)*s.w+s.b
        z=torch.cat([s.cls.expand(x.size(0),-1,-1),n,t],1)
        z=s.a(z)
        return s.o(z[:,0])
class Conv(nn.Module):
    def __init__(s):
        super().__init__(); s.c=nn.Sequential(nn.Conv1d(S,8,3,padding=1),nn.BatchNorm1d(8),nn.ReLU(),nn.MaxPool1d(2),nn.Conv1d(8,8,3,padding=2,dilation=2),nn.LeakyReLU(),nn.AdaptiveAvgPool1d(1),nn.Flatten()); s.o=nn.Linear(8+V,1)
    def forward(s,x,q): return s.o(torch.cat([x,s.c(q.transpose(1,2))],1))
class DCN(nn.Module):
    "deep & cross, gates, glu, where, nan handling, factorization"
    def __init__(s):
        super().__init__(); s.w=nn.ParameterList([nn.Parameter(torch.randn(V,V)*.1) for _ in range(2)]); s.g=nn.Linear(V,2*V); s.o=nn.Linear(V,1); s.bn=nn.BatchNorm1d(V); s.f=nn.Parameter(torch.randn(V,4))
    def forward(s,x):
        x=torch.where(torch.isnan(x),torch.zeros_like(x),x); x=torch.nan_to_num(x)
        x0=s.bn(x); h=x0
        for w in s.w: h=x0*(h@w)+h
        h=F.glu(s.g(h),-1)
        v=x@s.f; fm=0.5*(v**2-(x**2)@(s.f**2)).sum(1,keepdim=True)
        return s.o(h)+fm+torch.sigmoid(s.o(x0))*0.0
class Moe(nn.Module):
    def __init__(s):
        super().__init__(); s.g=nn.Linear(V,3); s.e=nn.ModuleList([nn.Linear(V,1) for _ in range(3)])
    def forward(s,x):
        g=F.softmax(s.g(x),dim=-1); y=torch.cat([e(x) for e in s.e],-1); return torch.einsum("be,be->b",g,y)
class Norms(nn.Module):
    def __init__(s):
        super().__init__(); s.a=nn.Linear(V,16); s.gn=nn.GroupNorm(4,16); s.p=nn.PReLU(); s.o=nn.Linear(16,1)
    def forward(s,x):
        h=s.p(s.gn(s.a(x))); h=F.normalize(h,dim=1); h=F.softplus(h)+F.hardtanh(h)+F.mish(h)+F.selu(h)+F.relu6(h)+F.hardswish(h)+F.log_softmax(h,-1)+torch.exp(-h)+torch.sqrt(h.abs()+1)+torch.log1p(h.abs())+torch.clamp(h,-1.,1.)+torch.sign(h)+F.hardsigmoid(h)+F.logsigmoid(h)
        m,_=torch.max(h,1,keepdim=True); return s.o(h-m+torch.minimum(h,m)+h.std(1,keepdim=True)+h.cumsum(1)+torch.logsumexp(h,1,keepdim=True)+h.amax(1,keepdim=True)+h.var(1,keepdim=True)+torch.rsqrt(h*h+1)+ torch.erf(h)+torch.sin(h)+torch.cos(h)+torch.max(h,m))
class RMS(nn.Module):
    def __init__(s):
        super().__init__(); s.a=nn.Linear(S,16); s.n=nn.RMSNorm(16); s.o=nn.Linear(16+V,1); s.register_buffer("inv",1.0/(10000**(torch.arange(0,16,2).float()/16)))
    def forward(s,x,q):
        h=s.n(s.a(q)); t=torch.arange(q.shape[1],device=q.device).float(); f=torch.outer(t,s.inv); pe=torch.cat([f.sin(),f.cos()],-1)
        h=h+pe.unsqueeze(0); w=torch.softmax(h.sum(-1),dim=1); h=torch.bmm(w.unsqueeze(1),h).squeeze(1)
        first,last=h.chunk(2,-1); h=torch.cat([first,last],-1).flatten(1).view(-1,16).contiguous()
        return s.o(torch.hstack([x,h]))
class Last(nn.Module):
    "picks the last real step by gather, packed length by mask"
    def __init__(s):
        super().__init__(); s.r=nn.LSTM(S,16,batch_first=True); s.o=nn.Linear(16+V,1)
    def forward(s,x,q):
        n=(q.abs().sum(2)>0).sum(1); i=torch.clamp(n-1,min=0); h,(a,b)=s.r(q)
        g=h.gather(1,i.view(-1,1,1).expand(-1,1,h.size(2))).squeeze(1)
        z=h[torch.arange(h.shape[0]),i]
        return s.o(torch.cat([x,g+z+a[-1]-b[-1]*0],1))
os.makedirs("out", exist_ok=True)
x=torch.randn(5,V); q=torch.randn(5,T,S)
ms={}
for n,a in dict(relu=nn.ReLU(),gelu=nn.GELU(),geltanh=nn.GELU("tanh"),tanh=nn.Tanh(),sig=nn.Sigmoid(),silu=nn.SiLU(),lrelu=nn.LeakyReLU(),elu=nn.ELU(),selu=nn.SELU(),mish=nn.Mish(),softplus=nn.Softplus(),hardswish=nn.Hardswish(),celu=nn.CELU(),prelu=nn.PReLU(),rel6=nn.ReLU6(),hardtanh=nn.Hardtanh(),softsign=nn.Softsign(),hsig=nn.Hardsigmoid(),adrop=nn.AlphaDropout(),tanhshrink=nn.Tanhshrink()).items(): ms["mlp_"+n]=(Mlp(a),(x,))
ms["mlp_bn"]=(Mlp(nn.ReLU(inplace=True),nn.BatchNorm1d(32)),(x,)); ms["mlp_ln"]=(Mlp(nn.ReLU(),nn.LayerNorm(32)),(x,))
ms["res"]=(Res(),(x,)); ms["gru"]=(Gru(),(x,q)); ms["gru1"]=(Gru(layers=1),(x,q)); ms["lstm"]=(Gru(nn.LSTM),(x,q)); ms["rnn"]=(Gru(nn.RNN),(x,q)); ms["bigru"]=(Gru(nn.GRU,True),(x,q)); ms["bilstm"]=(Gru(nn.LSTM,True),(x,q))
ms["seqonly"]=(SeqOnly(),(q,)); ms["cell"]=(Cell(),(x,q))
ms["tr"]=(Tr(),(x,q)); ms["trpost"]=(Tr(False,"gelu"),(x,q)); ms["att"]=(Att(False),(x,q)); ms["sdpa"]=(Att(True),(x,q)); ms["mha"]=(MHA(),(x,q))
ms["ae"]=(AE(),(x,)); ms["emb"]=(Emb(),(x,)); ms["conv"]=(Conv(),(x,q)); ms["dcn"]=(DCN(),(x,)); ms["moe"]=(Moe(),(x,)); ms["norms"]=(Norms(),(x,)); ms["rms"]=(RMS(),(x,q)); ms["last"]=(Last(),(x,q))
for n,(m,a) in ms.items():
    m=m.eval()
    for kind in ("script","trace","freeze","freezetrace","ofi"):
        try:
            with torch.no_grad():
                if kind=="script": j=torch.jit.script(m)
                elif kind=="trace": j=torch.jit.trace(m,a)
                elif kind=="freeze": j=torch.jit.freeze(torch.jit.script(m))
                elif kind=="freezetrace": j=torch.jit.freeze(torch.jit.trace(m,a))
                else: j=torch.jit.optimize_for_inference(torch.jit.script(m))
                j.save(f"out/{n}-{kind}.pt")
        except Exception as e: print("FAIL",n,kind,str(e).strip().splitlines()[-1][:150])
